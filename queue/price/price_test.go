package price

import (
	"strings"
	"testing"
)

// A million tokens of each kind, by the price list of November 2026 ("Pricing",
// platform.claude.com); the amounts are in hundredths of a cent.
func TestPricesOfAMillionTokens(t *testing.T) {
	const million = 1_000_000
	kinds := []Tokens{{Input: million}, {Output: million}, {CacheWrite5m: million}, {CacheWrite1h: million}, {CacheRead: million}}
	for model, want := range map[string][5]int64{
		"claude-fable-5-2":           {80000, 400000, 100000, 160000, 8000},
		"claude-opus-5-5":            {40000, 200000, 50000, 80000, 2000},
		"claude-opus-4-8":            {50000, 250000, 62500, 100000, 5000},
		"claude-sonnet-5-5":          {20000, 100000, 25000, 40000, 1000},
		"claude-sonnet-4-5-20250929": {30000, 150000, 37500, 60000, 3000},
		"claude-haiku-5-5":           {5000, 5000, 6250, 10000, 500}, // a million is a long prompt; the output has none
		"claude-haiku-4-5":           {10000, 50000, 12500, 20000, 1000},
		"claude-haiku-4-5-20251001":  {10000, 50000, 12500, 20000, 1000},
		"claude-haiku-4-5-latest":    {10000, 50000, 12500, 20000, 1000},
	} {
		for i, tokens := range kinds {
			name, got, known := Default().Of(Call{Model: model, Tokens: tokens})
			if !known || got != want[i]*100_000 || name != undated(model) {
				t.Errorf("%s, kind %d: got %d nano-dollars of %s (known: %v), want %d", model, i, got, name, known, want[i]*100_000)
			}
		}
	}
}

func TestPriceOfACall(t *testing.T) {
	for name, c := range map[string]struct {
		call  Call
		want  int64
		named string
	}{
		"nothing":                     {Call{Model: "claude-opus-5-5"}, 0, "claude-opus-5-5"},
		"all kinds":                   {Call{Model: "claude-opus-5-5", Tokens: Tokens{100, 10, 20, 30, 50}}, 100*4000 + 10*200 + 20*5000 + 30*8000 + 50*20000, "claude-opus-5-5"},
		"a prompt just short enough":  {Call{Model: "claude-haiku-5-5", Tokens: Tokens{1, 99_000, 900, 99, 1000}}, 100 + 99_000*10 + 900*125 + 99*200 + 1000*500, "claude-haiku-5-5"},
		"a token longer: all of it":   {Call{Model: "claude-haiku-5-5", Tokens: Tokens{2, 99_000, 900, 99, 1000}}, 2*500 + 99_000*50 + 900*625 + 99*1000 + 1000*2500, "claude-haiku-5-5"},
		"in the words of the API":     {Call{Model: "claude-sonnet-5", Speed: "standard", Tier: "standard", Geo: "global", Tokens: Tokens{Output: 1}}, 10_000, "claude-sonnet-5"},
		"in the United States alone":  {Call{Model: "claude-sonnet-5", Geo: "us", Tokens: Tokens{Output: 1}}, 11_000, "claude-sonnet-5"},
		"of a batch":                  {Call{Model: "claude-sonnet-5", Tier: "batch", Tokens: Tokens{Output: 1}}, 5_000, "claude-sonnet-5"},
		"half a nano-dollar or more":  {Call{Model: "claude-haiku-5-5", Tier: "batch", Tokens: Tokens{CacheWrite5m: 1}}, 63, "claude-haiku-5-5"},
		"fast: no price":              {Call{Model: "claude-opus-5-5", Speed: "fast", Tokens: Tokens{Output: 1}}, -1, "claude-opus-5-5 fast"},
		"fast, with a date":           {Call{Model: "claude-opus-5-5-20261001", Speed: "fast", Tokens: Tokens{Output: 1}}, -1, "claude-opus-5-5 fast"},
		"another place: no price":     {Call{Model: "claude-sonnet-5", Geo: "moon", Tokens: Tokens{Output: 1}}, -1, "claude-sonnet-5"},
		"priority: no price":          {Call{Model: "claude-sonnet-5", Tier: "priority", Tokens: Tokens{Output: 1}}, -1, "claude-sonnet-5"},
		"another model":               {Call{Model: "claude-opus-9", Tokens: Tokens{Output: 1}}, -1, "claude-opus-9"},
		"another model with its date": {Call{Model: "claude-opus-9-20290101", Tokens: Tokens{Output: 1}}, -1, "claude-opus-9-20290101"},
		"a date that is none":         {Call{Model: "claude-opus-5-5-2026100x", Tokens: Tokens{Output: 1}}, -1, "claude-opus-5-5-2026100x"},
		"no name":                     {Call{Tokens: Tokens{Output: 1}}, -1, ""},
	} {
		named, got, known := Default().Of(c.call)
		if !known {
			got = -1
		}
		if got != c.want || named != c.named {
			t.Errorf("%s: got %d nano-dollars of %q, want %d of %q", name, got, named, c.want, c.named)
		}
	}
}

// As much as an answer may report costs no less for being much.
func TestPriceDoesNotOverflow(t *testing.T) {
	table, err := Parse(strings.NewReader("m 1000 1000 1000 1000 1000"))
	if err != nil {
		t.Fatal(err)
	}
	const most = 100_000_000
	_, got, known := table.Of(Call{Model: "m", Geo: "us", Tokens: Tokens{most, most, most, most, most}})
	if want := int64(550_000 * 1_000_000_000); !known || got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestTableOfOnesOwn(t *testing.T) {
	table, err := Parse(strings.NewReader("\ufeff# ours\r\n\r\nour-model 1 2 3 4 0.000001 # less\nclaude-opus-5-5 fast 8 40 10 16 0.4\nclaude-opus-5-5 fast >5 9 41 10 16 0.4\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		call Call
		want int64
	}{
		{Call{Model: "our-model", Tokens: Tokens{CacheRead: 1_000_000}}, 1000},
		{Call{Model: "claude-opus-5-5", Speed: "fast", Tokens: Tokens{Input: 5}}, 40_000},
		{Call{Model: "claude-opus-5-5", Speed: "fast", Tokens: Tokens{Input: 6}}, 54_000},
		{Call{Model: "claude-opus-5-5", Tokens: Tokens{Input: 6}}, -1}, // it replaces the whole table
	} {
		_, got, known := table.Of(c.call)
		if !known {
			got = -1
		}
		if got != c.want {
			t.Errorf("%+v: got %d, want %d", c.call, got, c.want)
		}
	}
}

func TestTableThatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"# nothing":                      "empty",
		"m 1 2 3 4 5\nn 1 2 3 4":         "line 2: n has 4 prices, must have 5",
		"m 1 2 3 4 5 6":                  "line 1: m has 6 prices",
		"m fast":                         "m fast has 0 prices",
		"m 1 2 3 4 -5":                   `price "-5"`,
		"m 1 2 3 4 +5":                   `price "+5"`,
		"m 1 2 3 4 0.0000001":            "at most 6 decimals",
		"m 1 2 3 4 1000.1":               "from 0 to 1000",
		"m 1 2 3 4 1e3":                  `price "1e3"`,
		"m 1 2 3 4 $5":                   `price "$5"`,
		"m 1 2 3 4 .5":                   `price ".5"`,
		"m 1 2 3 4 99999999999999999999": "from 0 to 1000",
		"m 1 2 3 4 5\n\nm 1 2 3 4 5":     "line 3: m stands in the table twice",
		"m >100 1 2 3 4 5":               "line without >100",
		"m 1 2 3 4 5\nm >x 1 2 3 4 5":    `">x"`,
		"m 1 2 3 4 5\nm >0 1 2 3 4 5":    `">0"`,
		"m 1 2 3 4 5\nm >9 1 2 3 4 5\nm >9 1 2 3 4 5": "must follow those of shorter prompts",
		"m-20260101 1 2 3 4 5":                        "without its date, as in m",
		"\x01m 1 2 3 4 5":                             "printable",
		strings.Repeat("m", 101) + " 1 2 3 4 5":       "at most 100",
		strings.Repeat("x", 100_000):                  "line 1: ",
		strings.Repeat("\n", 10_001):                  "more than 10000 lines",
	} {
		if _, err := Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want an error with %q", text, err, want)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	t := Default()
	for b.Loop() {
		t.Of(Call{Model: "claude-haiku-4-5-20251001", Speed: "standard", Tokens: Tokens{1000, 10, 20, 30, 500}})
	}
}
