package simulate

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// repeated is a flag that may be given several times. As a variable of the
// environment it takes several values, parted by spaces.
type repeated []string

var _ pflag.Value = (*repeated)(nil)

// String implements pflag.Value.
func (r *repeated) String() string { return strings.Join(*r, " ") }

// Set implements pflag.Value. What a value means is looked at later, where a
// sentence can say what is wrong with it.
func (r *repeated) Set(value string) error {
	words := strings.Fields(value)
	if len(words) == 0 {
		words = []string{""} // it was typed, so it is looked at
	}
	*r = append(*r, words...)
	return nil
}

// Type implements pflag.Value.
func (r *repeated) Type() string { return "values" }

// parts reads a value that has parts, such as 5m,1m,0.5, from left to right. What
// does not fit is remembered, and seen at the end.
type parts struct {
	left []string
	bad  bool
}

func cutParts(value string) *parts { return &parts{left: strings.Split(value, ",")} }

// more reports whether there are parts that were not read.
func (p *parts) more() bool { return len(p.left) > 0 }

// fit reports whether every part was read and fitted.
func (p *parts) fit() bool { return !p.bad && !p.more() }

// word reads any text but none.
func (p *parts) word() string {
	if !p.more() || p.left[0] == "" {
		p.left, p.bad = nil, true
		return ""
	}
	word := p.left[0]
	p.left = p.left[1:]
	return word
}

// time reads a time that is at least low.
func (p *parts) time(low time.Duration) time.Duration {
	d, err := time.ParseDuration(p.word())
	p.bad = p.bad || err != nil || d < low
	return d
}

// whole reads a whole number from low to high.
func (p *parts) whole(low, high int) int {
	n, err := strconv.Atoi(p.word())
	p.bad = p.bad || err != nil || n < low || n > high
	return n
}

// number reads a number above zero and at most high.
func (p *parts) number(high float64) float64 {
	n, err := strconv.ParseFloat(p.word(), 64)
	p.bad = p.bad || err != nil || !within(n, math.SmallestNonzeroFloat64, high)
	return n
}

// within reports whether n is from low to high; what is no number is not.
func within(n, low, high float64) bool { return n >= low && n <= high }
