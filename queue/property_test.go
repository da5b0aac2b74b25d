package queue

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"paceline/queue/internal/limiter"
)

// Whatever happens, nothing is lost, nothing runs twice at a time, the counters
// add up, and in the end each request was served or got its error.
func TestNothingIsLostAndNothingTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxInFlight = rapid.IntRange(1, 4).Draw(t, "maxInFlight")
		settings.MaxQueue = rapid.IntRange(1, 40).Draw(t, "maxQueue")
		settings.MaxRun = rapid.SampledFrom([]time.Duration{20 * time.Second, 10 * time.Minute}).Draw(t, "maxRun")
		settings.MinDelay = rapid.SampledFrom([]time.Duration{0, time.Second, 1500 * time.Millisecond}).Draw(t, "minDelay")
		settings.Adaptive = rapid.Bool().Draw(t, "adaptive")
		settings.AdaptiveInFlight = rapid.IntRange(1, 20).Draw(t, "adaptiveInFlight")
		m, err := NewMachine(settings, t0, 7)
		if err != nil {
			t.Fatal(err)
		}
		m.keepPlans = rapid.IntRange(0, 2).Draw(t, "keepPlans")
		m.newNames.shareTurns(rapid.Bool().Draw(t, "new names share turns"), "here", "there")
		now := t0
		usual := rapid.SampledFrom([]int{-1, int(NetworkError), int(Overloaded)}).Draw(t, "usual") // outcome of a call
		accepted, live, runs := 0, map[*Ticket]bool{}, map[*Ticket]bool{}
		var tickets []*Ticket
		var planned *projection // being made
		var walked *walk        // through the requests of
		var of string           // a user, which get
		var to Priority
		settle := func() {
			for next := m.Next(now); next != nil; next = m.Next(now) {
				if runs[next] || !live[next] {
					t.Fatalf("%d started twice, or after its end", next.id)
				}
				m.Start(now, next)
				runs[next] = true
			}
			for _, d := range m.Dropped() {
				if !live[d.Ticket] {
					t.Fatalf("%d was dropped after its end", d.Ticket.id)
				}
				delete(live, d.Ticket)
				delete(runs, d.Ticket)
			}
			if m.ready.Len > 0 {
				t.Fatalf("%s may start somebody, and nobody is next", m.ready.First.Item.name)
			}
			check(t, m, settings, len(live), len(runs), accepted)
		}
		pick := func(from map[*Ticket]bool, label string) *Ticket {
			var some []*Ticket
			for _, ticket := range tickets {
				if from[ticket] {
					some = append(some, ticket)
				}
			}
			if len(some) == 0 {
				return nil
			}
			return rapid.SampledFrom(some).Draw(t, label)
		}
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				r := Request{
					ID:       rapid.SampledFrom([]string{"", "twin", "7"}).Draw(t, "id"),
					User:     fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "user")),
					Group:    fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "group")),
					Lane:     rapid.SampledFrom([]string{"0", "1", "2", "0/x", "1/x", "1/y"}).Draw(t, "lane"),
					Priority: Priority(rapid.IntRange(0, 2).Draw(t, "priority")),
					Cost:     Cost{Input: rapid.SampledFrom([]int{0, 100, 40_000}).Draw(t, "input")},
					Origin:   rapid.SampledFrom([]string{"", "here", "there"}).Draw(t, "origin"),
					Subagent: rapid.Bool().Draw(t, "subagent"), Fingerprint: rapid.Uint64Range(0, 2).Draw(t, "fingerprint"),
				}
				if ticket, err := m.Add(now, r); err == nil {
					accepted++
					live[ticket] = true
					tickets = append(tickets, ticket)
				}
				settle()
			},
			"wait": func(t *rapid.T) {
				until := now.Add(time.Duration(rapid.IntRange(1, 30_000).Draw(t, "ms")) * time.Millisecond)
				for {
					wake, ok := m.Wake()
					if !ok || wake.After(until) {
						break
					}
					if wake.After(now) {
						now = wake
					} else {
						m.advance(now)
						if w, ok := m.Wake(); ok && !w.After(now) {
							t.Fatalf("the machine wants to be woken at %v, and it is %v", w.Sub(t0), now.Sub(t0))
						}
					}
					settle()
				}
				now = until
				settle()
			},
			"finish": func(t *rapid.T) {
				ticket := pick(runs, "call")
				if ticket == nil {
					return
				}
				var err error
				class := rapid.IntRange(-4, int(classes)-1).Draw(t, "class")
				if rapid.Bool().Draw(t, "as usual") {
					class = usual
				}
				if class >= 0 {
					err = &Error{
						Class: Class(class), RetryAfter: time.Duration(rapid.IntRange(0, 1000).Draw(t, "retryAfter")) * time.Second,
						RequestScoped: rapid.Bool().Draw(t, "ofRequest"), Ramp: rapid.Bool().Draw(t, "ramp"),
					}
				}
				delete(runs, ticket)
				if again, _ := m.Finish(now, ticket, err); !again {
					delete(live, ticket)
				}
				settle()
			},
			"leave": func(t *rapid.T) {
				ticket := pick(live, "caller")
				if ticket == nil {
					return
				}
				m.Leave(now, ticket)
				delete(live, ticket)
				delete(runs, ticket)
				settle()
			},
			"cancel": func(t *rapid.T) {
				query := rapid.SampledFrom(queries(rapid.SampledFrom([]string{"twin", "7", "1"}).Draw(t, "id"), "0", "1")).Draw(t, "query")
				waiting, _ := meant(m, query)
				if err := m.Cancel(now, query, "ops"); (err == nil) != (waiting != nil) || waiting != nil && waiting.waiting() {
					t.Fatalf("%s is cancelled: %v, and one that is meant waits: %v", words(query), err, waiting != nil)
				}
				settle()
			},
			"change a priority": func(t *rapid.T) {
				ticket := pick(live, "waiting")
				if ticket == nil {
					return
				}
				p := Priority(rapid.IntRange(0, 2).Draw(t, "priority"))
				first, _ := meant(m, queryOf(ticket))
				if err := m.SetPriority(now, queryOf(ticket), p, "ops"); (err == nil) != (first != nil) {
					t.Fatalf("the priority of %s is changed: %v, and one of that ID waits: %v", ticket.ID(), err, first != nil)
				}
				if first != nil && (first.priority != p || first.class != classOf(p)) {
					t.Fatalf("it has priority %v and stands in class %d, want %v", first.priority, first.class, p)
				}
				settle()
			},
			"go through a user's": func(t *rapid.T) { // in pieces; it ends some time later
				if walked == nil {
					walked, of = m.beginWalk(), fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "user"))
					to = Priority(rapid.IntRange(0, 3).Draw(t, "priority")) // 3: cancelled
					return
				}
				met := func(ticket *Ticket) {
					switch {
					case !ticket.waiting():
						t.Fatalf("it comes to %d, which does not wait", ticket.id)
					case ticket.user.name != of:
					case to == 3:
						m.cancel(ticket, "ops")
					default:
						m.setPriority(ticket, to)
					}
				}
				m.advance(now)
				if more := walked.some(rapid.IntRange(1, 20).Draw(t, "steps"), met); !more {
					m.endWalk(walked)
					walked = nil
				}
				settle()
			},
			"progress": func(t *rapid.T) {
				if ticket := pick(runs, "call"); ticket != nil {
					m.Progress(now, ticket)
				}
			},
			"learn": func(t *rapid.T) {
				if ticket := pick(runs, "call"); ticket != nil {
					m.ReportLimits(now, ticket, Limits{
						Requests: Limit{PerMinute: 60, Remaining: rapid.IntRange(0, 60).Draw(t, "requests")},
						Input:    Limit{PerMinute: 30_000, Remaining: rapid.IntRange(0, 30).Draw(t, "input") * 1000, FullIn: time.Duration(rapid.IntRange(-5, 90).Draw(t, "fullIn")) * time.Second},
					})
					settle()
				}
			},
			"resume": func(t *rapid.T) {
				m.Resume(now, fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "lane")), "")
				settle()
			},
			"plan": func(t *rapid.T) { // in pieces; it ends some time later
				if p := planned; p != nil {
					if more := p.copySome(rapid.IntRange(1, 20).Draw(t, "steps")); !more {
						planned = nil
						m.endPlan(now, p, p.play())
						settle()
					}
				} else if l := m.lanes[rapid.SampledFrom([]string{"0", "1", "2"}).Draw(t, "lane")]; l != nil {
					l.plan = plan{}
					planned = m.beginPlan(now, l)
				}
			},
			"settings": func(t *rapid.T) {
				settings.Adaptive = rapid.Bool().Draw(t, "adaptive")
				if err := m.SetSettings(now, settings); err != nil {
					t.Fatal(err)
				}
				settle()
			},
			"join accounts": func(t *rapid.T) {
				name := func(label string) string { return LaneName(fmt.Sprint(rapid.IntRange(0, 2).Draw(t, label)), "x") }
				m.JoinLanes(now, name("from"), name("into"))
				settle()
			},
			"join lanes": func(t *rapid.T) {
				m.JoinLanes(now, fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "from")), fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "into")))
				settle()
			},
		})
		for guard := 0; len(live) > 0; guard++ {
			if guard > 10_000 {
				t.Fatalf("%d are never served", len(live))
			}
			for _, ticket := range tickets {
				if runs[ticket] {
					delete(runs, ticket)
					delete(live, ticket)
					_, _ = m.Finish(now, ticket, nil)
				}
			}
			settle()
			if wake, ok := m.Wake(); ok && wake.After(now) {
				now = wake
				settle()
			}
		}
	})
}

func check(t *rapid.T, m *Machine, s Settings, live, running, accepted int) {
	r := m.Report(m.wallTime(m.now))
	d := r.Detail
	if d.Running != running || r.Metrics.CurrentQueueLength != live-running {
		t.Fatalf("got %d running and %d waiting, want %d and %d", d.Running, r.Metrics.CurrentQueueLength, running, live-running)
	}
	if sum := r.Metrics.Successful + r.Metrics.Failed + d.Cancelled + int64(live); sum != int64(accepted) || r.Metrics.TotalRequests != sum {
		t.Fatalf("the counters add up to %d of %d, total %d", sum, accepted, r.Metrics.TotalRequests)
	}
	waiting, users := 0, 0
	for u := range m.users.busiest {
		waiting += u.rank.waiting
		users++
	}
	if waiting != live-running || users != len(m.users.byKey) {
		t.Fatalf("the %d users have %d waiting, want %d users and %d", users, waiting, len(m.users.byKey), live-running)
	}
	for _, holder := range m.places {
		if !holder.waiting() || holder.putBack {
			t.Fatalf("%d has a place that can be taken, and does not wait there", holder.id)
		}
	}
	for _, u := range m.users.byKey {
		putBack := 0
		for waits := range u.requests.All {
			if waits.putBack {
				putBack++
			}
		}
		if u.putBack != putBack {
			t.Fatalf("%s counts %d that are put back, and %d wait", u.name, u.putBack, putBack)
		}
	}
	checkPlaces(t, m)
	lanes := 0
	for _, l := range m.lanes {
		lanes += l.waiting()
		amount := l.head.amount
		for t := range l.head.All {
			amount.Sub(t.cost)
		}
		for d, rest := range amount {
			if math.Abs(rest) > 1e-3 {
				t.Fatalf("the head of %s costs %v of %s too much", l.name, rest, limiter.DimensionName(d))
			}
		}
	}
	if lanes != live-running {
		t.Fatalf("%d wait in the lanes, want %d", lanes, live-running)
	}
}

// With G groups, and U users in mine, a first request waits for at most G·U-1
// starts of its class, whatever the others ask for, and however they are lowered, raised
// again, and cancelled.
func TestAFirstRequestWaitsForAtMostOneRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxWait, settings.Aging = 24*time.Hour, 24*time.Hour
		m, err := NewMachine(settings, t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		groups := rapid.IntRange(1, 4).Draw(t, "groups")
		perGroup := rapid.IntRange(1, 4).Draw(t, "users")
		now := t0
		arrive := func() {
			r := Request{Group: fmt.Sprint(rapid.IntRange(0, groups-1).Draw(t, "group")), User: fmt.Sprint(rapid.IntRange(0, perGroup-1).Draw(t, "user"))}
			_, _ = m.Add(now, r)
		}
		start := func() *Ticket {
			for {
				if next := m.Next(now); next != nil {
					m.Start(now, next)
					_, _ = m.Finish(now, next, nil)
					return next
				}
				now, _ = m.Wake()
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "before") {
			arrive()
		}
		for range rapid.IntRange(0, 20).Draw(t, "starts") {
			if m.arrivals.Len > 0 {
				start()
			}
		}
		mine, err := m.Add(now, Request{Group: "0", User: "me"})
		if err != nil {
			t.Fatal(err)
		}
		bound := groups * (perGroup + 1)
		for place := 1; ; place++ {
			if place > bound {
				t.Fatalf("not started after %d of at most %d starts", place-1, bound)
			}
			arrive() // the others never stop
			if other := rapid.SampledFrom(waitingTickets(m)).Draw(t, "changes"); other != mine {
				switch rapid.IntRange(0, 3).Draw(t, "how") {
				case 0:
					setOne(m, now, other.ID(), Low, "")
				case 1:
					setOne(m, now, other.ID(), Normal, "")
				case 2:
					cancelOne(m, now, other.ID(), "")
				}
			}
			if start() == mine {
				return
			}
		}
	})
}

// waitingTickets are all that wait, by arrival.
func waitingTickets(m *Machine) (all []*Ticket) {
	for ticket := range m.arrivals.All {
		all = append(all, ticket)
	}
	return all
}

// If nobody else arrives, everybody starts in the promised place at the promised
// time, through aging, priorities and their changes, groups, subagents and lanes.
func TestPromisesComeTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxInFlight, settings.MaxWait = 1000, 24*time.Hour
		settings.Step = rapid.SampledFrom([]time.Duration{0, 200 * time.Millisecond, time.Second}).Draw(t, "step")
		settings.Aging = rapid.SampledFrom([]time.Duration{5 * time.Second, 20 * time.Second, time.Minute}).Draw(t, "aging")
		m, err := NewMachine(settings, t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		now := t0
		var order []string
		when := map[string]time.Time{}
		start := func() {
			for next := m.Next(now); next != nil; next = m.Next(now) {
				m.Start(now, next)
				_, _ = m.Finish(now, next, nil)
				order = append(order, next.ID())
				when[next.ID()] = now
			}
		}
		runTo := func(until time.Time) {
			for {
				wake, ok := m.Wake()
				if !ok || wake.After(until) {
					break
				}
				now = wake
				start()
			}
			now = until
		}
		for range rapid.IntRange(1, 50).Draw(t, "requests") {
			_, err := m.Add(now, Request{
				User:     fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "user")),
				Group:    fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "group")),
				Lane:     fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "lane")),
				Priority: Priority(rapid.IntRange(0, 2).Draw(t, "priority")),
				Subagent: rapid.Bool().Draw(t, "subagent"),
			})
			if err != nil {
				t.Fatal(err)
			}
			start()
			runTo(now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "pause")) * time.Millisecond))
			if all := waitingTickets(m); len(all) > 0 && rapid.Bool().Draw(t, "change") {
				setOne(m, now, rapid.SampledFrom(all).Draw(t, "of").ID(), Priority(rapid.IntRange(0, 2).Draw(t, "to")), "")
				start()
			}
		}
		promised := m.Waiting(now)
		made, before := now, len(order)
		runTo(now.Add(2 * time.Hour))
		if len(order)-before != len(promised) {
			t.Fatalf("%d started, %d were promised", len(order)-before, len(promised))
		}
		places := map[string]int{}
		for _, p := range promised {
			places[p.Lane]++
			if p.Position != places[p.Lane] {
				t.Errorf("%s has place %d in lane %s, listed as number %d", p.ID, p.Position, p.Lane, places[p.Lane])
			}
			if got := when[p.ID].Sub(made).Milliseconds(); got != *p.EtaMs {
				t.Errorf("%s in lane %s: promised in %d ms, started in %d ms", p.ID, p.Lane, *p.EtaMs, got)
			}
		}
	})
}
