package price

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The most that a table may have.
const (
	maxLines    = 10_000
	maxDollars  = 1000 // per million tokens
	maxDecimals = 6    // of a price
	maxModel    = 100  // bytes of a name
)

// lineForm is what a line of a table looks like.
const lineForm = "MODEL [fast] [>TOKENS] INPUT OUTPUT CACHE-WRITE-5M CACHE-WRITE-1H CACHE-READ, in dollars per million tokens"

// Parse reads a table: a line for each model, as in the one that is built in. Blank lines, and
// what follows a #, are left out. An error names the line and says what is allowed.
func Parse(r io.Reader) (*Table, error) {
	t := &Table{standard: map[string]*entry{}, fast: map[string]*entry{}}
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		if n++; n > maxLines {
			return nil, fmt.Errorf("price: the table has more than %d lines", maxLines)
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\ufeff"), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if err := t.add(words); err != nil {
			return nil, fmt.Errorf("price: line %d: %w", n, err)
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, fmt.Errorf("price: line %d: %w", n+1, err)
	case len(t.standard)+len(t.fast) == 0:
		return nil, fmt.Errorf("price: the table is empty: a line must be %s", lineForm)
	}
	return t, nil
}

// add adds a line, given in words.
func (t *Table) add(words []string) error {
	name, model, models := words[0], words[0], t.standard
	switch {
	case len(model) > maxModel:
		return fmt.Errorf("a model's name has %d bytes: must be at most %d", len(model), maxModel)
	case strings.ContainsFunc(model, func(c rune) bool { return c < ' ' || c > '~' }):
		return fmt.Errorf("model %q: must be printable ASCII", model)
	case undated(model) != model:
		return fmt.Errorf("model %q: must be without its date, as in %s", model, undated(model))
	}
	words = words[1:]
	if len(words) > 0 && words[0] == "fast" {
		name, models, words = name+" fast", t.fast, words[1:]
	}
	than := 0
	if len(words) > 0 && strings.HasPrefix(words[0], ">") {
		n, err := strconv.Atoi(words[0][1:])
		if err != nil || n < 1 {
			return fmt.Errorf("%q: must be > and a number of tokens, such as >100000", words[0])
		}
		than, words = n, words[1:]
	}
	var r rates
	prices := []*int64{&r.input, &r.output, &r.write5m, &r.write1h, &r.read}
	if len(words) != len(prices) {
		return fmt.Errorf("%s has %d prices, must have %d: a line must be %s", name, len(words), len(prices), lineForm)
	}
	for i, word := range words {
		var err error
		if *prices[i], err = parsePrice(word); err != nil {
			return err
		}
	}
	e := models[model]
	switch {
	case than == 0 && e != nil:
		return fmt.Errorf("%s stands in the table twice", name)
	case than == 0:
		models[model] = &entry{name: name, rates: r}
	case e == nil:
		return fmt.Errorf("%s has no prices of shorter prompts: the line without >%d must stand before this one", name, than)
	case len(e.longer) > 0 && than <= e.longer[len(e.longer)-1].than:
		return fmt.Errorf("%s >%d: must follow those of shorter prompts", name, than)
	default:
		e.longer = append(e.longer, longer{than, r})
	}
	return nil
}

// parsePrice reads dollars per million tokens, and returns pico-dollars per token.
func parsePrice(word string) (int64, error) {
	whole, decimals, _ := strings.Cut(word, ".")
	digits := whole + decimals + strings.Repeat("0", max(maxDecimals-len(decimals), 0))
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || whole == "" || len(decimals) > maxDecimals || n > maxDollars*1_000_000 {
		return 0, fmt.Errorf("price %q: must be dollars per million tokens, from 0 to %d, with at most %d decimals, such as 6.25", word, maxDollars, maxDecimals)
	}
	return int64(n), nil
}
