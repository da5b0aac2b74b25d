package queue

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue/internal/window"
)

// Each field of the wire can be changed, and comes back as it was set.
func TestEverySettingOfTheWireCanBeChanged(t *testing.T) {
	old := onTheWire(t, DefaultSettings())
	for name, v := range old {
		want := v + 1
		if name == "thresholds.warnSuccess" {
			want = 0.55
		}
		s, err := DefaultSettings().With(map[string]float64{name: want})
		if err != nil {
			t.Errorf("%s: got %v, want %v set", name, err, want)
			continue
		}
		for other, got := range onTheWire(t, s) {
			if other != name && got != old[other] {
				t.Errorf("%s: got %s changed to %v", name, other, got)
			}
			if other == name && got != want {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	}
	if want := len(SettingTable()); len(old) != want {
		t.Errorf("got %d settings on the wire, want the %d of the table: %v", len(old), want, old)
	}
}

// onTheWire returns the fields of the wire by name.
func onTheWire(t *testing.T, s Settings) map[string]float64 {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]json.RawMessage
	var inner map[string]float64
	if err := json.Unmarshal(body, &top); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(top["thresholds"], &inner); err != nil {
		t.Fatal(err)
	}
	fields := map[string]float64{}
	for name, v := range inner {
		fields["thresholds."+name] = v
	}
	for name, raw := range top {
		if name != "thresholds" {
			var v float64
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			fields[name] = v
		}
	}
	return fields
}

func TestWithKeepsWhatIsNotNamed(t *testing.T) {
	s := DefaultSettings()
	s.Step = 1500 * time.Microsecond
	got, err := s.With(map[string]float64{"minDelayMs": 2000, "thresholds.warnWaiting": 8})
	want := s
	want.MinDelay, want.Thresholds.WarnWaiting = 2*time.Second, 8
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if got, err := s.With(nil); err != nil || got != s {
		t.Errorf("no change: got %+v, %v, want it as it was", got, err)
	}
}

func TestWithSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		changes map[string]float64
		want    string
	}{
		{map[string]float64{"minDelayMs": -1}, "queue: minDelayMs is -1: must be from 0 to 3600000"},
		{map[string]float64{"minDelayMs": 1.5}, "queue: minDelayMs is 1.5: must be a whole number of milliseconds"},
		{map[string]float64{"minDelayMs": 7200000}, "queue: minDelayMs is 7200000: must be from 0 to 3600000"},
		{map[string]float64{"minDelayMs": 20000}, "queue: maxDelayMs is 10000: must be from 20000 to 3600000"},
		{map[string]float64{"minDelayMs": 1e300}, "queue: minDelayMs is 1e+300: must be a whole number of milliseconds"},
		{map[string]float64{"minDelayMs": math.NaN()}, "queue: minDelayMs is NaN: must be a whole number of milliseconds"},
		{map[string]float64{"maxRunMs": math.Inf(1)}, "queue: maxRunMs is +Inf: must be a whole number of milliseconds"},
		{map[string]float64{"maxInFlight": 0}, "queue: maxInFlight is 0: must be from 1 to 1000000"},
		{map[string]float64{"maxQueue": 2.5}, "queue: maxQueue is 2.5: must be a whole number"},
		{map[string]float64{"maxQueue": 1e11}, "queue: maxQueue is 100000000000: must be from 1 to 1000000"},
		{map[string]float64{"attempts": 0, "agingMs": 0}, "queue: attempts is 0: must be from 1 to 100; agingMs is 0: must be from 1 to 86400000"},
		{map[string]float64{"thresholds.warnSuccess": 80}, "queue: thresholds.warnSuccess is 80: must be from 0 to 1"},
		{map[string]float64{"thresholds.warnSuccess": math.NaN()}, "queue: thresholds.warnSuccess is NaN: must be from 0 to 1"},
		{map[string]float64{"thresholds.warnWaiting": 30}, "queue: thresholds.criticalWaiting is 20: must be from 30 to 1000000"},
		{map[string]float64{"thresholds.stuckAfterMs": 0}, "queue: thresholds.stuckAfterMs is 0: must be from 1 to 86400000"},
		{map[string]float64{"warnWaiting": 8}, `queue: there is no setting "warnWaiting"`},
		{map[string]float64{"mindelayms": 8, "": 1}, `queue: there is no setting ""; there is no setting "mindelayms"`},
		{map[string]float64{"\x1b[2J" + strings.Repeat("x", 100): 8}, `queue: there is no setting "\x1b[2J` + strings.Repeat("x", 60) + `"`},
		{map[string]float64{strings.Repeat("x", 63) + "é": 8}, `queue: there is no setting "` + strings.Repeat("x", 63) + `"`},
	} {
		s := DefaultSettings()
		got, err := s.With(c.changes)
		if err == nil || err.Error() != c.want || got != s {
			t.Errorf("%v: got %v, %+v\nwant %s, and nothing changed", c.changes, err, got, c.want)
		}
	}
}

// A floor between two whole numbers of the wire is told as the upper one.
func TestAFloorThatIsNotWhole(t *testing.T) {
	s := DefaultSettings()
	s.MinDelay = 1500*time.Millisecond + 400*time.Microsecond
	_, err := s.With(map[string]float64{"maxDelayMs": 1500})
	if want := "queue: maxDelayMs is 1500: must be from 1501 to 3600000"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A value beyond every type is out of range as what it is, not as another.
func TestNumbersBeyondTheirTypes(t *testing.T) {
	for _, row := range SettingTable() {
		for _, v := range []float64{1e300, -1e300} {
			s := DefaultSettings()
			row.Set(&s, v)
			if got := row.Value(s); (got > 0) != (v > 0) || s.Validate() == nil {
				t.Errorf("%s set to %v: got %v, %v", row.Name, v, got, s.Validate())
			}
		}
	}
}

func TestChangeSaysWhoAsked(t *testing.T) {
	q, err := New(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		changes map[string]float64
		by      string
		events  int64
		step    time.Duration
	}{
		{map[string]float64{"stepMs": 300}, "ops", 1, 300 * time.Millisecond},
		{map[string]float64{"stepMs": -1}, "ops", 1, 300 * time.Millisecond},
		{nil, "nobody", 1, 300 * time.Millisecond},
		{map[string]float64{"stepMs": 0}, "", 2, 0},
	} {
		s, _ := q.ChangeSettings(c.changes, "", c.by)
		if s.Step != c.step || q.Settings() != s {
			t.Errorf("%v: got %+v, then %+v, want a step of %v", c.changes, s, q.Settings(), c.step)
		}
		if got := q.Report().Detail.EventsTotal; got != c.events {
			t.Errorf("%v: got %d events, want %d", c.changes, got, c.events)
		}
	}
	events := q.Report().Detail.Events
	for i, want := range []string{"🔧 [QUEUE] Settings changed by ops: step 200 ms → 300 ms", "🔧 [QUEUE] Settings changed: step 300 ms → 0 s"} {
		if got := events[i].Line(); got != want {
			t.Errorf("event %d: got %q, want %q", i, got, want)
		}
	}
}

// Of changes at the same time none is lost.
func TestChangesAtTheSameTime(t *testing.T) {
	q, err := New(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	names := []string{"minDelayMs", "stepMs", "maxInFlight", "adaptiveInFlight", "maxQueue", "attempts", "thresholds.warnWaiting"}
	for _, name := range names {
		all.Go(func() {
			for v := range 10 {
				if _, err := q.ChangeSettings(map[string]float64{name: float64(v + 1)}, "", "a test"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got := onTheWire(t, q.Settings())
	for _, name := range names {
		if got[name] != 10 {
			t.Errorf("%s: got %v, want the last change, 10", name, got[name])
		}
	}
}

// What was measured in all goes on when the 5 minutes of the quantiles are over.
func TestQuantilesKnowAllThatWasMeasured(t *testing.T) {
	var h window.Histogram
	h.Record(0, time.Second)
	h.Record(time.Second, 3*time.Second)
	for _, c := range []struct {
		now   time.Duration
		count int64
	}{{2 * time.Second, 2}, {time.Hour, 0}} {
		if q := quantilesOf(&h, c.now); q.Count != c.count || q.Total != 2 || q.Sum != 4*time.Second {
			t.Errorf("at %v: got %d lately, %d and %v in all, want %d, 2 and 4s", c.now, q.Count, q.Total, q.Sum, c.count)
		}
	}
}
