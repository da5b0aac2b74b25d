package command

import (
	"testing"

	"paceline/queue/sim"
)

func TestLimitWords(t *testing.T) {
	for _, s := range []struct {
		limits sim.Limits
		want   string
	}{
		{sim.Limits{}, "none"},
		{sim.Limits{RequestsPerMinute: 50}, "50 requests a minute"},
		{sim.Limits{RequestsPerMinute: 50, TokensPerMinute: 8000}, "50 requests and 8,000 tokens of both a minute"},
		{sim.Limits{InputTokensPerMinute: 30_000, OutputTokensPerMinute: 999}, "30,000 input tokens and 999 output tokens a minute"},
		{sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 2_000_000, OutputTokensPerMinute: 400_000},
			"1,000 requests, 2,000,000 input tokens and 400,000 output tokens a minute"},
	} {
		if got := DescribeLimits(s.limits); got != s.want {
			t.Errorf("%+v: got %q, want %q", s.limits, got, s.want)
		}
	}
}
