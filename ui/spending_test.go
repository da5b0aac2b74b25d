package ui

import (
	"strings"
	"testing"

	"paceline/client"
)

func TestWhatWasSpentInWords(t *testing.T) {
	some := client.Some[int64]
	model := func(name string, calls, unpriced, cost int64) client.ModelUsage {
		return client.ModelUsage{Model: name, Usage: client.Usage{Calls: some(calls), Unpriced: some(unpriced), Nanodollars: some(cost)}}
	}
	for _, c := range []struct {
		models []client.ModelUsage
		want   string
	}{
		{nil, ""},
		{[]client.ModelUsage{model("a", 3, 0, 1_500_000_000), model("b", 3, 0, 3_000_000_000)}, "$4.50 spent"},
		{[]client.ModelUsage{model("a", 3, 0, 1_500_000_000), model("x", 3, 3, 0)}, "$1.50 spent, unknown for 3 calls of x"},
		{[]client.ModelUsage{model("a", 3, 1, 1_500_000_000), model("x", 3, 3, 0), model("y", 1, 1, 0)}, "$1.50 spent, unknown for 5 calls of a and 2 other models"},
		{[]client.ModelUsage{model("x\x1b", 1, 1, 0)}, "unknown for 1 call of x"},
		{[]client.ModelUsage{{Model: "an older server"}}, ""},
	} {
		if got := spentWords(c.models); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.models, got, c.want)
		}
	}
}

func TestWhatAUserUsedInWords(t *testing.T) {
	whole := usedBy(10, 1_234_567_890)
	whole.Unpriced = client.Some[int64](2)
	for want, u := range map[string]*client.Usage{
		"": nil,
		"109k tokens in (86% from the cache), 4.3k out, cost $1.23, cost unknown of 2 calls": whole,
		", ": {}, // an older server
	} {
		if got := strings.Join(usageWords(u), ", "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
