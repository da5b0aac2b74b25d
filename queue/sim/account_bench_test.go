package sim

import (
	"testing"
	"time"
)

// BenchmarkAccountHour drives an hour of 1,000 calls a minute through an account
// of the Start tier, half as many of others beside them, and looks at the headers
// after each. The floor is what chance alone takes for as many calls.
func BenchmarkAccountHour(b *testing.B) {
	models := []string{"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-1"}
	s := DefaultAccountSettings()
	s.Epoch = noon
	s.Acceleration = Acceleration{Factor: 2, Floor: 1000, Window: 5 * time.Minute}
	s.BurstWindow = time.Second
	s.Others = []OtherTraffic{{Model: "claude-opus-5-5", PerMinute: 500, InputTokens: 2000, OutputTokens: 400}}
	const calls = 60_000
	call := func(i int) Call {
		return Call{ID: uint64(i), Model: models[i%len(models)], InputTokens: 1500, OutputTokens: 400, MaxTokens: 4096}
	}
	b.Run("account", func(b *testing.B) {
		for b.Loop() {
			a, in := newAccount(b, s), 0
			for i := range calls {
				now := noon.Add(time.Duration(i) * time.Hour / calls)
				c := call(i)
				if a.Arrive(now, c).Admitted() {
					in++
				}
				a.headers(now, s.Groups.Of(c.Model), "")
			}
			b.ReportMetric(float64(in)/calls, "admitted/call")
		}
	})
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			a := newAccount(b, s)
			for i := range calls * 3 / 2 {
				a.draw(call(i), "account", uint64(i))
			}
		}
	})
}
