package doc

// Mark is the sign that goes with a tone, so that a tone can be read without its
// colour; the neutral tone has none. Every mark is one column wide.
func (t Tone) Mark() string { return [...]string{"", "✓", "!", "✗"}[t] }

// ASCIIMark is [Tone.Mark] for media without the signs.
func (t Tone) ASCIIMark() string { return [...]string{"", "+", "!", "x"}[t] }

// String names the tone in one word.
func (t Tone) String() string { return [...]string{"neutral", "good", "warning", "bad"}[t] }
