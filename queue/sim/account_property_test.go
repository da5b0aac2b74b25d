package sim

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawnCall draws a call of some size.
func drawnCall(t *rapid.T, id uint64) Call {
	took := time.Duration(rapid.IntRange(0, 60_000).Draw(t, "took ms")) * time.Millisecond
	c := Call{
		ID:                  id,
		Model:               rapid.SampledFrom([]string{"claude-opus-4-8", "claude-opus-4-5-20251101", "claude-haiku-4-5"}).Draw(t, "model"),
		Workspace:           rapid.SampledFrom([]string{"", "lab"}).Draw(t, "workspace"),
		InputTokens:         rapid.IntRange(0, 9000).Draw(t, "input"),
		CacheReadTokens:     rapid.IntRange(0, 9000).Draw(t, "cache read"),
		CacheCreationTokens: rapid.SampledFrom([]int{0, 0, 700}).Draw(t, "cache creation"),
		OutputTokens:        rapid.IntRange(0, 4000).Draw(t, "output"),
		MaxTokens:           rapid.SampledFrom([]int{0, 1000, 5000}).Draw(t, "max tokens"),
		Took:                took + time.Millisecond,
	}
	c.FirstToken = time.Duration(rapid.Float64Range(0, 1).Draw(t, "first") * float64(c.Took)).Truncate(time.Microsecond)
	return c
}

func drawnSettings(t *rapid.T) AccountSettings {
	limits := func(name string) Limits {
		return Limits{
			rapid.SampledFrom([]int{1, 7, 60, 1000}).Draw(t, name+" requests"),
			rapid.SampledFrom([]int{9700, 30_000, 2_000_000}).Draw(t, name+" input"),
			rapid.SampledFrom([]int{5000, 8000, 400_000}).Draw(t, name+" output"),
			rapid.SampledFrom([]int{0, 14_000, 2_000_000}).Draw(t, name+" tokens"),
		}
	}
	s := plainAccount(limits("organization"))
	s.Seed = rapid.Uint64Range(0, 10).Draw(t, "seed")
	if rapid.Bool().Draw(t, "workspaces") {
		s.Workspaces = map[string]GroupLimits{"lab": {"": limits("lab")}}
	}
	s.ReserveOutput = rapid.Bool().Draw(t, "reserve")
	s.EstimateError = rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "estimate error")
	return s
}

// books keep on paper what an account did, for one of its buckets each.
type books struct {
	settings AccountSettings
	papers   map[bookOf]*paper
}

type bookOf struct {
	limit            LimitKind
	workspace, group string
}

func (b *books) of(limit LimitKind, workspace, group string) *paper {
	k := bookOf{limit, workspace, group}
	if b.papers[k] == nil {
		limits := b.settings.Limits.Of(group)
		if workspace != "" {
			limits = b.settings.Workspaces[workspace].Of(group)
		}
		n := map[LimitKind]int{LimitRequests: limits.RequestsPerMinute, LimitInput: limits.InputTokensPerMinute, LimitOutput: limits.OutputTokensPerMinute, LimitTokens: limits.TokensPerMinute}[limit]
		b.papers[k] = &paper{limit: float64(n), size: float64(n)}
	}
	return b.papers[k]
}

// enter writes an answer down that began at a time and is over at end, with its
// tokens then, in all its buckets. The estimate is the account's secret.
func (b *books) enter(at, end time.Duration, c Call, estimate float64, tokens int) {
	workspaces := []string{""}
	if _, ok := b.settings.Workspaces[c.Workspace]; ok {
		workspaces = append(workspaces, c.Workspace)
	}
	known := min(at+c.FirstToken, end)
	for _, w := range workspaces {
		g := b.settings.Groups.Of(c.Model)
		b.of(LimitRequests, w, g).draw(at, 1)
		for _, input := range []*paper{b.of(LimitInput, w, g), b.of(LimitTokens, w, g)} {
			input.draw(at, estimate)
			input.draw(known, float64(c.InputTokens+c.CacheCreationTokens)-estimate)
		}
		for _, output := range []*paper{b.of(LimitOutput, w, g), b.of(LimitTokens, w, g)} {
			if !b.settings.ReserveOutput {
				output.flow(known, end, float64(tokens))
				continue
			}
			reserved := float64(max(c.MaxTokens, c.output()))
			output.draw(at, reserved)
			output.draw(end, float64(tokens)-reserved)
		}
	}
}

// Whatever comes, the buckets are those on paper, each decision is the one that
// they ask for, the headers are as near to them as they promise, and an account
// that is looked at all the time does the same as one that is not.
func TestAccountIsAsOnPaper(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawnSettings(t)
		a, err := NewAccount(s)
		if err != nil {
			t.Fatal(err)
		}
		unseen, _ := NewAccount(s)
		type entry struct {
			at       time.Duration
			call     Call
			estimate float64
			end      time.Duration
			tokens   int
		}
		var entries []entry
		now := time.Duration(0)
		clock := func() time.Time { return noon.Add(now) }
		written := func() *books {
			b := &books{settings: s, papers: map[bookOf]*paper{}}
			for _, e := range entries {
				b.enter(e.at, e.end, e.call, e.estimate, e.tokens)
			}
			return b
		}
		check := func() {
			b := written()
			for _, group := range []string{"opus-4.x", "haiku-4.5"} {
				for _, l := range a.Buckets(clock(), group) {
					// A running answer is a token a minute off at most.
					want, off := b.of(l.Kind, l.Workspace, group).level(now), 0.01+float64(len(entries))
					if l.Kind != LimitOutput && l.Kind != LimitTokens {
						off = 0.01
					}
					if math.Abs(l.Remaining-want) > off {
						t.Fatalf("at %v, %s of %s %s: got %v left, want %v", now, l.Kind, l.Workspace, group, l.Remaining, want)
					}
				}
				near(t, a, clock(), group)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				c := drawnCall(t, uint64(len(entries)+1))
				if c.MaxTokens == 0 {
					c.MaxTokens = 4000
				}
				estimate := float64(a.estimate(c, a.draw(c, "account", c.ID)) / token)
				fits, wait := fit(written(), now, c, estimate)
				if wait, ok := a.Wait(clock(), c); ok && (wait == 0) != fits {
					t.Fatalf("at %v: a wait of %v for %+v, want it fit: %t", now, wait, c, fits)
				}
				d := a.Arrive(clock(), c)
				if other := unseen.Arrive(clock(), c); !reflect.DeepEqual(d, other) {
					t.Fatalf("at %v: got %+v, and nobody looking %+v", now, d, other)
				}
				if d.Admitted() != fits {
					t.Fatalf("at %v: got %s for %+v, want it fit: %t", now, d.words(), c, fits)
				}
				if !fits && (d.RetryAfter < wait || d.RetryAfter > wait+time.Second+time.Millisecond || d.RetryAfter%time.Second != 0) {
					t.Fatalf("at %v: got %s, want %v", now, d.words(), wait)
				}
				if fits {
					entries = append(entries, entry{now, c, estimate, now + c.Took, c.output()})
				}
			},
			"wait": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond
				check()
			},
			"leave": func(t *rapid.T) {
				if len(entries) == 0 {
					t.Skip("nobody")
				}
				now += time.Microsecond // after all that came before, on paper, too
				i := rapid.IntRange(0, len(entries)-1).Draw(t, "who")
				e := &entries[i]
				had, ok := a.Produced(clock(), e.call.ID)
				got, also := a.Cancel(clock(), e.call.ID)
				if _, _ = unseen.Cancel(clock(), e.call.ID); ok != also || had != got || ok != (e.end > now) {
					t.Fatalf("at %v, leaving an answer that ends at %v: got %d, %t, and %d, %t produced", now, e.end, got, also, had, ok)
				}
				if ok {
					e.end, e.tokens = now, got
				}
			},
			"": func(*rapid.T) {},
		})
		now += time.Hour
		check()
	})
}

// fit says by the books whether a call fits, and else the time until it does in
// the bucket that takes longest, production left aside.
func fit(b *books, now time.Duration, c Call, estimate float64) (bool, time.Duration) {
	workspaces := []string{""}
	if _, ok := b.settings.Workspaces[c.Workspace]; ok {
		workspaces = append(workspaces, c.Workspace)
	}
	out := 1.0
	if b.settings.ReserveOutput {
		out = float64(max(c.MaxTokens, c.output()))
	}
	longest, never := time.Duration(0), false
	for _, w := range workspaces {
		for limit, need := range map[LimitKind]float64{LimitRequests: 1, LimitInput: estimate, LimitOutput: out, LimitTokens: estimate + out} {
			p := b.of(limit, w, b.settings.Groups.Of(c.Model))
			if p.limit == 0 {
				continue
			}
			level := p.level(now)
			refill := func(to float64) time.Duration { return time.Duration((to - level) / p.limit * float64(time.Minute)) }
			const almost = 1e-6
			switch {
			case need > p.size && !never:
				never, longest = true, refill(p.size)
			case need > p.size:
				longest = max(longest, refill(p.size))
			case !never && level < need-almost:
				longest = max(longest, refill(need), 1)
			}
		}
	}
	return longest == 0 && !never, longest.Truncate(time.Millisecond)
}

// near wants the headers within their rounding of the truth.
func near(t *rapid.T, a *Account, now time.Time, group string) {
	h := a.headers(now, group, "")
	for _, l := range a.Buckets(now, group) {
		reported, off := h.Requests, 0.0
		switch {
		case l.Workspace != "" || l.Kind == LimitTokens:
			continue
		case l.Kind == LimitInput:
			reported, off = h.InputTokens, 500
		case l.Kind == LimitOutput:
			reported, off = h.OutputTokens, 500
		}
		truth := max(math.Floor(l.Remaining), 0)
		if reported.Limit != l.Limit || math.Abs(float64(reported.Remaining)-truth) > off || reported.Remaining < 0 || reported.Remaining > l.Limit {
			t.Fatalf("%s: reported %+v, want within %v of %v", l.Kind, reported, off, l)
		}
		if late := reported.Reset.Sub(l.FullAt); late < 0 || late >= time.Second {
			t.Fatalf("%s: reported full at %v, want within a second after %v", l.Kind, reported.Reset, l.FullAt)
		}
	}
}

// In no minute is more let in than a full bucket and what refills in it, who obeys
// retry-after is let in if nobody came before, and not a second earlier; and in
// the end all is as before.
func TestAccountKeepsItsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := plainAccount(Limits{
			rapid.IntRange(1, 30).Draw(t, "requests"),
			rapid.IntRange(1000, 20_000).Draw(t, "input"),
			rapid.IntRange(1000, 20_000).Draw(t, "output"),
			0,
		})
		s.ReserveOutput = rapid.Bool().Draw(t, "reserve")
		s.BurstWindow = rapid.SampledFrom([]time.Duration{0, time.Second, 10 * time.Second}).Draw(t, "burst")
		a, err := NewAccount(s)
		if err != nil {
			t.Fatal(err)
		}
		type start struct {
			at time.Time
			in int
		}
		var starts []start
		now := noon
		for i := range rapid.IntRange(1, 120).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "gap")) * time.Millisecond)
			c := Call{ID: uint64(i), InputTokens: rapid.IntRange(0, 1000).Draw(t, "in"), OutputTokens: rapid.IntRange(0, 1000).Draw(t, "out")}
			d := a.Arrive(now, c)
			if d.TooLarge {
				t.Fatalf("got %s of %+v, want everything to fit", d.words(), c)
			}
			if !d.Admitted() {
				if d.RetryAfter > time.Second {
					now = now.Add(d.RetryAfter - time.Second)
					if early := a.Arrive(now, c); early.Admitted() || early.RefusedBy != d.RefusedBy || early.RetryAfter != time.Second {
						t.Fatalf("a second early: got %s, before it was %s", early.words(), d.words())
					}
					now = now.Add(time.Second)
				} else {
					now = now.Add(d.RetryAfter)
				}
				if d = a.Arrive(now, c); !d.Admitted() {
					t.Fatalf("after retry-after: got %s", d.words())
				}
			}
			starts = append(starts, start{now, c.InputTokens})
		}
		limits := s.Limits.Of("")
		for i, from := range starts {
			requests, input := 0, 0
			for _, x := range starts[i:] {
				if x.at.Sub(from.at) <= time.Minute {
					requests++
					input += x.in
				}
			}
			if requests > 2*limits.RequestsPerMinute || input > 2*limits.InputTokensPerMinute {
				t.Fatalf("got %d requests and %d tokens in a minute, want at most twice %v", requests, input, limits)
			}
		}
		for _, l := range a.Buckets(now.Add(time.Hour), "") {
			if l.Remaining != l.Size || !l.FullAt.Equal(now.Add(time.Hour)) {
				t.Fatalf("in the end: got %+v, want it full", l)
			}
		}
	})
}
