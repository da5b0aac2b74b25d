package client

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"paceline/queue"
)

// Whatever happens to a queue of ours, the monitor finds it as healthy as it finds itself.
func TestJudgeAgreesWithTheQueue(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 0))
		settings := queue.DefaultSettings()
		settings.Adaptive = seed%3 == 0
		settings.MaxWait = time.Hour
		m, err := queue.NewMachine(settings, t0(), seed)
		if err != nil {
			t.Fatal(err)
		}
		users, down := 1+random.IntN(12), false
		type call struct {
			ticket *queue.Ticket
			ends   time.Time
		}
		var running []call
		for second := range 400 {
			now := t0().Add(time.Duration(second) * time.Second)
			if random.IntN(60) == 0 {
				down = !down
			}
			left := running[:0]
			for _, c := range running {
				if c.ends.After(now) {
					left = append(left, c)
					continue
				}
				var err error
				if down {
					err = &queue.Error{Class: queue.NetworkError, Retry: queue.RetryYes}
				}
				_, _ = m.Finish(now, c.ticket, err)
			}
			running = left
			if second/100%2 == 0 {
				for range random.IntN(2 + int(seed/2)) {
					_, _ = m.Add(now, queue.Request{User: fmt.Sprint(min(random.IntN(users), random.IntN(users)))})
				}
			}
			for c := m.Next(now); c != nil; c = m.Next(now) {
				m.Start(now, c)
				running = append(running, call{c, now.Add(time.Duration(1+random.IntN(4)) * time.Second)})
			}
			if second%5 != 0 {
				continue
			}
			r := m.Report(now)
			seen[r.Status]++
			if v := Judge(fromReport(t, r), Derived{}); v.Level.String() != r.Status {
				t.Fatalf("seed %d, second %d: the queue says %s: %s, the monitor %v: %s", seed, second, r.Status, r.Health.Message, v.Level, v.Message)
			} else if len(v.Findings) > max(len(r.Detail.Findings), 1) { // once with its cause, and once without
				t.Fatalf("seed %d, second %d: the queue finds\n%+v, the monitor\n%+v", seed, second, r.Detail.Findings, v.Findings)
			}
		}
	}
	for _, status := range []string{"healthy", "warning", "critical"} {
		if seen[status] < 10 {
			t.Errorf("it was %s %d times: %v", status, seen[status], seen)
		}
	}
}
