package simulate

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// stringList is a flag that may be given several times. As a variable of the
// environment it takes several values, separated by spaces.
type stringList []string

var _ pflag.Value = (*stringList)(nil)

// String implements pflag.Value.
func (r *stringList) String() string { return strings.Join(*r, " ") }

// Set implements pflag.Value. The values are parsed later, where an error can be a
// whole sentence.
func (r *stringList) Set(value string) error {
	words := strings.Fields(value)
	if len(words) == 0 {
		words = []string{""} // it was typed, so it is looked at
	}
	*r = append(*r, words...)
	return nil
}

// Type implements pflag.Value.
func (r *stringList) Type() string { return "values" }

// valueParser reads the parts of a value such as 5m,1m,0.5 from left to right. It
// remembers whether a part was wrong.
type valueParser struct {
	rest []string
	bad  bool
}

func newValueParser(value string) *valueParser { return &valueParser{rest: strings.Split(value, ",")} }

// more reports whether there are unread parts.
func (p *valueParser) more() bool { return len(p.rest) > 0 }

// ok reports whether every part was read and none was wrong.
func (p *valueParser) ok() bool { return !p.bad && !p.more() }

// word reads a text that is not empty.
func (p *valueParser) word() string {
	if !p.more() || p.rest[0] == "" {
		p.rest, p.bad = nil, true
		return ""
	}
	word := p.rest[0]
	p.rest = p.rest[1:]
	return word
}

// time reads a duration of at least low.
func (p *valueParser) time(low time.Duration) time.Duration {
	d, err := time.ParseDuration(p.word())
	p.bad = p.bad || err != nil || d < low
	return d
}

// whole reads a whole number from low to high.
func (p *valueParser) whole(low, high int) int {
	n, err := strconv.Atoi(p.word())
	p.bad = p.bad || err != nil || n < low || n > high
	return n
}

// number reads a number above zero and at most high.
func (p *valueParser) number(high float64) float64 {
	n, err := strconv.ParseFloat(p.word(), 64)
	p.bad = p.bad || err != nil || !within(n, math.SmallestNonzeroFloat64, high)
	return n
}

// within reports whether n is from low to high. NaN is not.
func within(n, low, high float64) bool { return n >= low && n <= high }
