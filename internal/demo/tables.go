package demo

// The facts of the company. Nothing writes to them.
//
//nolint:gochecknoglobals // tables; Go has no constants of these types
var (
	// bounds are the finite bucket bounds of the latency histogram in milliseconds.
	bounds = [...]int64{250, 500, 1000, 2000, 5000}

	// typical is how long a request of each bucket took, in milliseconds: the
	// histogram's sum is made of them.
	typical = [len(bounds) + 1]int64{140, 350, 720, 1400, 3100, 8000}

	tiers = [...]tier{
		{"gold", 3_112, 2, [...]int64{780_000, 970_000, 994_000, 999_000, 999_900}, [...]int64{520_000, 840_000, 930_000, 985_000, 999_500}},
		{"silver", 17_540, 1, [...]int64{700_000, 920_000, 982_000, 996_000, 999_700}, [len(bounds)]int64{}},
		{"bronze", 41_907, 1, [...]int64{550_000, 820_000, 945_000, 990_000, 999_000}, [len(bounds)]int64{}},
	}

	// The organizations, as the demo's slactl.yaml lists them.
	organizations = [...]organization{
		{"acme", "gold", "America/New_York", 420_000, false},
		{"globex", "gold", "Europe/Berlin", 310_000, false},
		{"hooli", "gold", "America/Los_Angeles", 520_000, false},
		{"nakatomi", "gold", "Asia/Tokyo", 260_000, false},
		{"initech", "silver", "UTC", 180_000, false},
		{"umbrella", "silver", "Europe/London", 150_000, false},
		{"wonka", "silver", "Europe/Zurich", 90_000, false},
		{"stark", "silver", "America/Chicago", 210_000, false},
		{"tyrell", "bronze", "UTC", 45_000, false},
		{"soylent", "bronze", "Asia/Kolkata", 60_000, false},
		{"tinyco", "bronze", "Europe/Berlin", 700, true},
		{"vandelay", "bronze", "America/Sao_Paulo", 30_000, false},
	}

	// day is the course of a working day in percent of its busiest hour, by the
	// organization's own clock.
	day = [24]int64{9, 6, 5, 5, 6, 10, 20, 40, 68, 90, 98, 100, 88, 92, 100, 97, 90, 76, 60, 48, 38, 28, 20, 13}

	// The models. Their prices are those of October 2026 in the demo, not anyone's
	// price list.
	models = [...]model{
		{"claude-sonnet-4", "anthropic", 35, 1900, 520, 45, "3.00", "15.00", "0.30"},
		{"gpt-4o", "openai", 45, 1600, 420, 30, "2.50", "10.00", "1.25"},
		{"gemini-2.0-flash", "google", 20, 1400, 380, 0, "0.10", "0.40", ""},
	}

	// kinds are the kinds of tokens that are counted, and billed.
	kinds = [...]string{"input", "output", "cache_read"}

	// outcomes are the ways in which a debate ends.
	outcomes = [...]string{"success", "failed", "abandoned"}
)
