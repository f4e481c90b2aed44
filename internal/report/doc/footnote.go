package doc

// Footnotes numbers the notes of a table's cells from 1 in the order of their
// first mention. A note that several cells share is one footnote. The zero value
// is empty.
type Footnotes struct {
	texts  []string
	number map[string]int
}

// Mention returns the numbers of a cell's notes, the reason of a [Missing] value
// first, and adds those that are new.
func (f *Footnotes) Mention(c Cell) []int {
	notes := CellNotes(c)
	if len(notes) == 0 {
		return nil
	}
	if f.number == nil {
		f.number = map[string]int{}
	}
	numbers := make([]int, len(notes))
	for i, text := range notes {
		n, known := f.number[text]
		if !known {
			f.texts = append(f.texts, text)
			n = len(f.texts)
			f.number[text] = n
		}
		numbers[i] = n
	}
	return numbers
}

// Texts returns the footnotes in the order of their numbers.
func (f *Footnotes) Texts() []string { return f.texts }

// CellNotes returns all that is to be said about a cell: why its value is
// missing, then its notes.
func CellNotes(c Cell) []string {
	var notes []string
	if m, missing := c.Value.(Missing); missing && m.Why != "" {
		notes = append(notes, Clean(m.Why))
	}
	for _, n := range c.Notes {
		notes = append(notes, Clean(n))
	}
	return notes
}
