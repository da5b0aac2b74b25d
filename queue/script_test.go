package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return t0.Add(time.Duration(seconds * float64(time.Second)))
}

// script drives a machine through virtual time: calls take a fixed time, and what
// happens at one instant happens in the order finishes, arrivals, starts.
type script struct {
	t       *testing.T
	m       *Machine
	took    time.Duration
	varied  bool                        // calls take half as long, and half as long again, in turn
	takes   func(*Ticket) time.Duration // how long a call takes, in place of took; nil: took
	fails   time.Duration               // how long a call takes that fails; zero: as long as others
	now     time.Time
	running []*Ticket
	ends    map[*Ticket]time.Time
	names   map[*Ticket]string
	result  func(name string, attempt int) error // nil: success
	learn   Limits                               // reported by each answer
	tries   map[*Ticket]int
	starts  []string // "name@seconds"
	dropped []string
	refused []string
	final   map[string]error
}

func newScript(t *testing.T, s Settings, took time.Duration) *script {
	t.Helper()
	m, err := NewMachine(s, t0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &script{t: t, m: m, took: took, now: t0, ends: map[*Ticket]time.Time{}, names: map[*Ticket]string{}, tries: map[*Ticket]int{}, final: map[string]error{}}
}

// add lets a request arrive now.
func (s *script) add(name string, r Request) *Ticket {
	s.t.Helper()
	ticket, err := s.m.Add(s.now, r)
	if err != nil {
		s.refused = append(s.refused, name)
		s.final[name] = err
		return nil
	}
	s.names[ticket] = name
	return ticket
}

func (s *script) leave(ticket *Ticket) {
	s.m.Leave(s.now, ticket)
	s.running = slices.DeleteFunc(s.running, func(r *Ticket) bool { return r == ticket })
}

// run goes on to the given second, starting and finishing what is due.
func (s *script) run(until float64) {
	end := at(until)
	for {
		s.step()
		next := end
		if wake, ok := s.m.Wake(); ok && wake.After(s.now) && wake.Before(next) {
			next = wake
		}
		for _, r := range s.running {
			if s.ends[r].Before(next) {
				next = s.ends[r]
			}
		}
		if !next.After(s.now) {
			return
		}
		s.now = next
		if next.Equal(end) {
			s.finish()
			return
		}
	}
}

func (s *script) step() {
	s.finish()
	for t := s.m.Next(s.now); t != nil; t = s.m.Next(s.now) {
		s.m.Start(s.now, t)
		s.starts = append(s.starts, fmt.Sprintf("%s@%g", s.names[t], s.now.Sub(t0).Round(time.Millisecond).Seconds()))
		s.running = append(s.running, t)
		took := s.took
		if s.varied {
			took += took/2 - took*time.Duration(len(s.starts)%2)
		}
		if s.fails > 0 && s.result(s.names[t], s.tries[t]) != nil {
			took = s.fails
		}
		if s.takes != nil {
			took = s.takes(t)
		}
		s.ends[t] = s.now.Add(took)
	}
	for _, d := range s.m.Dropped() {
		s.dropped = append(s.dropped, s.names[d.Ticket])
		s.final[s.names[d.Ticket]] = d.Err
		s.running = slices.DeleteFunc(s.running, func(r *Ticket) bool { return r == d.Ticket })
	}
}

func (s *script) finish() {
	for _, t := range slices.Clone(s.running) {
		if s.ends[t].After(s.now) {
			continue
		}
		s.running = slices.DeleteFunc(s.running, func(r *Ticket) bool { return r == t })
		s.tries[t]++
		var err error
		if s.result != nil {
			err = s.result(s.names[t], s.tries[t])
		}
		s.m.ReportLimits(s.now, t, s.learn)
		if again, err := s.m.Finish(s.now, t, err); !again {
			s.final[s.names[t]] = err
		}
	}
}

func (s *script) wantStarts(want string) {
	s.t.Helper()
	if got := strings.Join(s.starts, " "); got != want {
		s.t.Errorf("starts:\n got %s\nwant %s", got, want)
	}
}

func order1(starts []string) string {
	names := make([]string, len(starts))
	for i, s := range starts {
		names[i], _, _ = strings.Cut(s, "@")
	}
	return strings.Join(names, " ")
}
