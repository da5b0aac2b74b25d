package human_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"paceline/queue/human"
)

// typed is what a duration in words is to Go.
func typed(words string) string {
	words = strings.NewReplacer(" ", "", "min", "m").Replace(words)
	if before, after, ok := strings.Cut(words, "d"); ok { // Go has no days
		days, _ := strconv.Atoi(before)
		hours, _ := strconv.Atoi(strings.TrimSuffix(after, "h"))
		return strconv.Itoa(24*days+hours) + "h"
	}
	switch last := words[len(words)-1]; {
	case last >= '0' && last <= '9' && strings.Contains(words, "h"):
		words += "m"
	case last >= '0' && last <= '9':
		words += "s"
	}
	return words
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		n                   int64
		long, short, plural string
	}{
		{0, "0", "0", "0 users"},
		{1, "1", "1", "1 user"},
		{-1, "-1", "-1", "-1 users"},
		{999, "999", "999", "999 users"},
		{1234, "1,234", "1.2k", "1,234 users"},
		{-123456, "-123,456", "-123k", "-123,456 users"},
		{9999, "9,999", "10k", "9,999 users"},
		{10_000, "10,000", "10k", "10,000 users"},
		{999_499, "999,499", "999k", "999,499 users"},
		{999_500, "999,500", "1M", "999,500 users"},
		{1_234_567, "1,234,567", "1.2M", "1,234,567 users"},
		{9_949_999, "9,949,999", "9.9M", "9,949,999 users"},
		{9_950_000, "9,950,000", "10M", "9,950,000 users"},
		{math.MaxInt64, "9,223,372,036,854,775,807", "9.2E", "9,223,372,036,854,775,807 users"},
	} {
		if got := human.Count(c.n); got != c.long {
			t.Errorf("Count(%d): got %q, want %q", c.n, got, c.long)
		}
		if got := human.ShortCount(c.n); got != c.short {
			t.Errorf("ShortCount(%d): got %q, want %q", c.n, got, c.short)
		}
		if got := human.Plural(c.n, "user"); got != c.plural {
			t.Errorf("Plural(%d): got %q, want %q", c.n, got, c.plural)
		}
	}
}

// All is all, and none is none.
func TestShare(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.0%", 0.00001: "0.1%", 0.0004: "0.1%", 0.001: "0.1%", 0.5: "50.0%", 0.9574: "95.7%",
		0.9994: "99.9%", 0.9996: "99.9%", 0.999999: "99.9%", 1: "100.0%", 1.5: "150.0%",
	} {
		if got := human.Share(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
}

func TestDollars(t *testing.T) {
	for n, want := range map[int64][2]string{
		0: {"$0", "$0"}, 10: {"$0.000000010", "<$0.01"}, 12_345: {"$0.000012", "<$0.01"}, 9_990_000: {"$0.0100", "$0.01"},
		9_940_000: {"$0.0099", "$0.01"}, 10_000_000: {"$0.0100", "$0.01"}, 345_600_000: {"$0.3456", "$0.35"},
		999_940_000: {"$0.9999", "$1.00"}, 999_960_000: {"$1.00", "$1.00"}, 4_560_000_000: {"$4.56", "$4.56"},
		99_990_000_000: {"$99.99", "$99.99"}, 99_996_000_000: {"$100", "$100"},
		1_234_567_000_000: {"$1,235", "$1.2k"}, 9_000_000_000_000_000: {"$9,000,000", "$9M"},
	} {
		if got := [2]string{human.Dollars(n), human.ShortDollars(n)}; got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
