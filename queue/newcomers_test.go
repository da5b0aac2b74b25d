package queue

import (
	"fmt"
	"testing"
	"time"
)

// As many are expected to come as of late, of the same users and priorities, but no burst
// again.
func TestNewcomersComeAgain(t *testing.T) {
	const now = time.Minute
	come := func(n *newcomers, at time.Duration, times int) {
		for range times {
			n.add(&Ticket{class: 1}, at)
		}
	}
	for _, c := range []struct {
		name string
		come func(*newcomers)
		want int
	}{
		{"nobody", func(*newcomers) {}, 0},
		{"one", func(n *newcomers) { come(n, now-time.Second, 1) }, 1},
		{"one, too long ago", func(n *newcomers) { come(n, now-newcomersTime-time.Second, 1) }, 0},
		{"a burst", func(n *newcomers) { come(n, now-time.Second, 50) }, 0},
		{"one each second", func(n *newcomers) {
			for at := now - newcomersTime; at < now; at += time.Second {
				come(n, at, 1)
			}
		}, 40},
		{"one each second, and a burst", func(n *newcomers) {
			for at := now - newcomersTime; at < now; at += time.Second {
				come(n, at, 1)
				if at == now-10*time.Second {
					come(n, at, 50)
				}
			}
		}, 40},
		{"more than are kept", func(n *newcomers) {
			for at := now - newcomersTime; at < now; at += time.Second / 10 {
				come(n, at, 1)
			}
		}, keptNewcomers},
	} {
		var n newcomers
		c.come(&n)
		all, period := n.again(now)
		if len(all) != c.want {
			t.Errorf("%s: %d come again, want %d", c.name, len(all), c.want)
		}
		last := now
		for _, one := range all {
			if one.at < last || one.at > now+period {
				t.Fatalf("%s: one comes after %v, and after it one after %v; the time is %v", c.name, last-now, one.at-now, period)
			}
			last = one.at
		}
		if len(n.latest) > 2*keptNewcomers {
			t.Errorf("%s: %d are kept, want %d at most", c.name, len(n.latest), 2*keptNewcomers)
		}
	}
}

// One of low priority is told that as many of high priority will go before it as of late. If
// nobody comes it starts when it was told for that case, and if as many come it starts in
// time, too.
func TestAnIntervalExpectsAsManyAsOfLate(t *testing.T) {
	settings := DefaultSettings()
	settings.Step = 0
	begin := func() *script {
		s := newScript(t, settings, 5*time.Second)
		s.add("first", Request{ID: "first", Priority: Low})
		for i := range 30 {
			s.run(float64(3 * i))
			s.add(fmt.Sprint("high", i), Request{Priority: High})
		}
		for i := range 20 {
			s.add(fmt.Sprint("low", i), Request{ID: fmt.Sprint("low", i), Priority: Low})
		}
		return s
	}
	s := begin()
	w, _ := findOne(s.m, s.now, "low19")
	told := func() string { return fmt.Sprintf("told %d ms, from %d to %d", *w.EtaMs, *w.EtaEarlyMs, *w.EtaLateMs) }
	if *w.EtaEarlyMs > *w.EtaMs || *w.EtaLateMs < *w.EtaMs*3/2 {
		t.Errorf("%s: half of the turns will be others'", told())
	}
	startsAfter := func(s *script, comes bool) int64 {
		for second := 0; ; second++ {
			if _, waits := findOne(s.m, s.now, "low19"); !waits {
				return int64(second) * 1000
			}
			if comes && second%3 == 0 {
				s.add(fmt.Sprint("then", second), Request{Priority: High})
			}
			s.run(float64(88 + second))
		}
	}
	if took := startsAfter(s, false); took < *w.EtaEarlyMs || took > *w.EtaMs+1000 {
		t.Errorf("%s: if nobody comes it starts after %d ms", told(), took)
	}
	if took := startsAfter(begin(), true); took <= *w.EtaMs || took > *w.EtaLateMs+1000 {
		t.Errorf("%s: if as many come it starts after %d ms", told(), took)
	}
}

// The last in line is passed by as many newcomers as its whole line may be, not by as many as
// what is left of it.
func TestTheLastInLineIsPassedByAsManyAsTheFirst(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step = 833*time.Millisecond, 0
	s := newScript(t, settings, time.Millisecond)
	s.add("running", Request{User: "r"})
	s.step()
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{User: "low", Priority: Low})
	}
	l, u := s.m.lanes[DefaultLane], s.m.users.find("", "r")
	p := s.m.newProjection(l)
	p.copyAll()
	played := p.play()
	var come []newcomer
	for i := range 40 {
		come = append(come, newcomer{at: s.m.now + time.Duration(i+1)*time.Second, user: u, class: 1})
	}
	p = s.m.newProjection(l)
	p.copyAll()
	p.playWith(come, 40*time.Second, &played)
	if got := played.entries[19].likely.passed; got < 80 {
		t.Errorf("the last is passed by %d, want 80", got)
	}
}
