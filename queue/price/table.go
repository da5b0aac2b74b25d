package price

import (
	_ "embed"
	"strings"
	"sync"
)

// Tokens are what a call used, as its answer reports it ("Prompt caching",
// platform.claude.com).
type Tokens struct {
	Input        int // of the prompt, neither written to a cache nor read from one
	CacheRead    int // of the prompt, read from the cache
	CacheWrite5m int // of the prompt, written to the cache for five minutes
	CacheWrite1h int // and for an hour
	Output       int
}

// Prompt is the length of the prompt.
func (t Tokens) Prompt() int { return t.Input + t.CacheRead + t.CacheWrite5m + t.CacheWrite1h }

// Call is what a price depends on, in the words of the API's answer. Empty words are the
// standard ones.
type Call struct {
	Model string
	Speed string // standard or fast
	Tier  string // of the service: standard, priority or batch
	Geo   string // where it was answered: global, us or not_available
	Tokens
}

// rates are prices of a token, in pico-dollars: a price of a dollar per million tokens is a
// million of them.
type rates struct{ input, output, write5m, write1h, read int64 }

// of is what tokens cost, in pico-dollars.
func (r *rates) of(t Tokens) int64 {
	return int64(t.Input)*r.input + int64(t.Output)*r.output +
		int64(t.CacheWrite5m)*r.write5m + int64(t.CacheWrite1h)*r.write1h + int64(t.CacheRead)*r.read
}

// entry are the prices of a model at one speed.
type entry struct {
	name string // of the model, and of the speed if that is not the standard
	rates
	longer []longer // the shortest first
}

// longer are the prices of prompts of more than so many tokens.
type longer struct {
	than int
	rates
}

// Table holds the prices of models. Make one with [Default] or [Parse]. It does not change, and
// is safe for concurrent use.
type Table struct{ standard, fast map[string]*entry }

//go:embed prices.txt
var builtIn string

// Default is the table that is built in, of November 2026.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(strings.NewReader(builtIn))
	if err != nil {
		panic(err) // a test reads it
	}
	return t
})

// Of returns what a call cost, in nano-dollars, and the name that it is counted under: the
// table's name of the model, without a date, or the model itself where the table does not have
// it; where it was fast, so does the name say. It is not known for a model, or a kind of call,
// that has no price.
func (t *Table) Of(c Call) (name string, nanodollars int64, known bool) {
	models := t.standard
	if c.Speed == "fast" {
		models = t.fast
	}
	e := models[c.Model]
	if e == nil {
		e = models[undated(c.Model)]
	}
	if e == nil {
		if name = c.Model; t.standard[name] == nil && t.standard[undated(name)] != nil {
			name = undated(name)
		}
		if c.Speed == "fast" {
			name += " fast"
		}
		return name, 0, false
	}
	pico := e.at(c.Prompt()).of(c.Tokens)
	switch c.Geo {
	case "", "global", "not_available":
	case "us": // "Data residency", platform.claude.com
		pico += pico / 10
	default:
		return e.name, 0, false
	}
	switch c.Tier {
	case "", "standard":
	case "batch": // "Pricing", platform.claude.com
		pico /= 2
	default:
		return e.name, 0, false
	}
	return e.name, (pico + 500) / 1000, true
}

// at returns the prices for a prompt of so many tokens.
func (e *entry) at(prompt int) *rates {
	r := &e.rates
	for i := range e.longer {
		if prompt > e.longer[i].than {
			r = &e.longer[i].rates
		}
	}
	return r
}

// undated returns a model's name without the date that it ends with, or the word latest.
func undated(model string) string {
	name := strings.TrimSuffix(model, "-latest")
	at := len(name) - len("-20260101")
	if at <= 0 || name[at] != '-' {
		return name
	}
	for _, c := range name[at+1:] {
		if c < '0' || c > '9' {
			return name
		}
	}
	return name[:at]
}
