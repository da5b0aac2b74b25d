package loadtest

import (
	"testing"

	"paceline/client"
)

// The lane that the load went to tells what was left before it.
func TestAccountBeforeTheLoad(t *testing.T) {
	left := func(lane string, free int64) *client.Sample {
		return &client.Sample{Detail: &client.Detail{Lanes: []client.Lane{
			{Name: "other/haiku-5", Limits: []client.Limit{{Kind: "requests", PerMinute: client.Some[int64](7), Free: client.Some[client.Balance](7)}}},
			{Name: lane, Limits: []client.Limit{
				{Kind: "input tokens", PerMinute: client.Some[int64](30_000), Free: client.Some[client.Balance](1)},
				{Kind: "requests", PerMinute: client.Some[int64](50), Free: client.Some(client.Balance(free))},
			}},
		}}}
	}
	for _, c := range []struct {
		name          string
		before, after *client.Sample
		want          Account
	}{
		{"told before", left("org/haiku-5", 12), left("org/haiku-5", 0), Account{PerMinute: 50, Free: 12, Learned: true}},
		{"in debt", left("org/haiku-5", -3), nil, Account{PerMinute: 50, Free: 0, Learned: true}},
		{"told after", left("key/haiku-5", 12), left("org/haiku-5", 0), Account{PerMinute: 50, Free: 50}},
		{"told by the answers alone", nil, nil, Account{PerMinute: 40, Free: 40}},
	} {
		if got := accountOf(Result{Lane: "org/haiku-5", PerMinute: 40}, c.before, c.after); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
