package human_test

import (
	"testing"
	"time"

	"paceline/queue/human"
)

// Each row is one duration, in all the forms.
func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		d                                time.Duration
		long, short, age, precise, rough string
	}{
		{-time.Second, "0 s", "0s", "0 s", "0 ms", "1 s"},
		{0, "0 s", "0s", "0 s", "0 ms", "1 s"},
		{1, "1 ms", "1ms", "0 s", "0.1 ms", "1 s"},
		{2500 * time.Microsecond, "3 ms", "3ms", "0 s", "2.5 ms", "1 s"},
		{9949 * time.Microsecond, "10 ms", "10ms", "0 s", "9.9 ms", "1 s"},
		{9950 * time.Microsecond, "10 ms", "10ms", "0 s", "10 ms", "1 s"},
		{32 * time.Millisecond, "32 ms", "32ms", "0 s", "32 ms", "1 s"},
		{99499 * time.Microsecond, "99 ms", "99ms", "0 s", "99 ms", "1 s"},
		{99500 * time.Microsecond, "0.1 s", "0.1s", "0 s", "100 ms", "1 s"},
		{900 * time.Millisecond, "0.9 s", "0.9s", "0 s", "900 ms", "1 s"},
		{999499 * time.Microsecond, "1.0 s", "1s", "0 s", "999 ms", "1 s"},
		{999500 * time.Microsecond, "1.0 s", "1s", "0 s", "1.0 s", "1 s"},
		{9940 * time.Millisecond, "9.9 s", "9.9s", "9 s", "9.9 s", "10 s"},
		{9960 * time.Millisecond, "10 s", "10s", "9 s", "10 s", "10 s"},
		{57 * time.Second, "57 s", "57s", "57 s", "57 s", "55 s"},
		{59 * time.Second, "59 s", "59s", "59 s", "59 s", "60 s"},
		{59970 * time.Millisecond, "1 min 00 s", "1m", "59 s", "1 min 00 s", "60 s"},
		{70 * time.Second, "1 min 10 s", "1m10s", "1 min 10 s", "1 min 10 s", "70 s"},
		{99499 * time.Millisecond, "1 min 39 s", "1m39s", "1 min 39 s", "1 min 39 s", "2 min"},
		{99500 * time.Millisecond, "1 min 40 s", "1m40s", "1 min 39 s", "1 min 40 s", "2 min"},
		{5 * time.Minute, "5 min 00 s", "5m", "5 min 00 s", "5 min 00 s", "5 min"},
		{599400 * time.Millisecond, "9 min 59 s", "9m59s", "9 min 59 s", "9 min 59 s", "10 min"},
		{599600 * time.Millisecond, "10 min", "10m", "9 min 59 s", "10 min", "10 min"},
		{12 * time.Minute, "12 min", "12m", "12 min", "12 min", "12 min"},
		{59*time.Minute + 29*time.Second, "59 min", "59m", "59 min", "59 min", "59 min"},
		{59*time.Minute + 42*time.Second, "1 h 00 min", "1h", "59 min", "1 h 00 min", "1 h"},
		{65 * time.Minute, "1 h 05 min", "1h05m", "1 h 05 min", "1 h 05 min", "1 h"},
		{3 * time.Hour, "3 h 00 min", "3h", "3 h 00 min", "3 h 00 min", "3 h"},
		{day - 31*time.Second, "23 h 59 min", "1d", "23 h 59 min", "23 h 59 min", "24 h"},
		{day - 29*time.Second, "1 d 0 h", "1d", "23 h 59 min", "1 d 0 h", "24 h"},
		{51 * time.Hour, "2 d 3 h", "2d3h", "2 d 3 h", "2 d 3 h", "2 d"},
		{10*day - 31*time.Minute, "9 d 23 h", "9d23h", "9 d 23 h", "9 d 23 h", "10 d"},
		{10*day - 29*time.Minute, "10 d 0 h", "10d", "9 d 23 h", "10 d 0 h", "10 d"},
		{106751 * day, "106751 d 0 h", "106751d", "106751 d 0 h", "106751 d 0 h", "106751 d"},
	} {
		for _, f := range []struct{ form, got, want string }{
			{"Duration", human.Duration(c.d), c.long},
			{"Short", human.Short(c.d), c.short},
			{"Age", human.Age(c.d), c.age},
			{"Precise", human.Precise(c.d), c.precise},
			{"Rough", human.Rough(c.d), c.rough},
		} {
			if f.got != f.want {
				t.Errorf("%s(%v): got %q, want %q", f.form, c.d, f.got, f.want)
			}
		}
	}
}

// What is longer never reads as shorter, and no unit overflows.
func TestNoFormTearsAtItsBounds(t *testing.T) {
	for name, write := range map[string]func(time.Duration) string{
		"Duration": human.Duration, "Short": human.Short, "Age": human.Age, "Precise": human.Precise,
	} {
		for d := time.Duration(0); d < 30*24*time.Hour; d += d/1000 + time.Millisecond {
			s := write(d)
			back, err := time.ParseDuration(typed(s))
			if err != nil {
				t.Fatalf("%s(%v): got %q, %v", name, d, s, err)
			}
			if off := (back - d).Abs(); off > d/10+time.Second {
				t.Fatalf("%s(%v): got %q, which is %v off", name, d, s, off)
			}
			if name == "Short" && len(s) > 5 {
				t.Fatalf("%s(%v): got %q, %d cells", name, d, s, len(s))
			}
		}
	}
}

func TestExact(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                        "0 s",
		200 * time.Millisecond:   "200 ms",
		500 * time.Microsecond:   "0.5 ms",
		1500 * time.Millisecond:  "1.5 s",
		1234 * time.Millisecond:  "1.234 s",
		60 * time.Second:         "60 s",
		90 * time.Second:         "90 s",
		2 * time.Minute:          "2 min",
		125 * time.Second:        "125 s",
		10 * time.Minute:         "10 min",
		time.Hour:                "1 h",
		65 * time.Minute:         "65 min",
		51 * time.Hour:           "51 h",
		-1500 * time.Millisecond: "-1.5 s",
	} {
		if got := human.Exact(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
		if back, err := time.ParseDuration(typed(want)); err != nil || back != d {
			t.Errorf("%q: got %v, %v, want %v", want, back, err, d)
		}
	}
}

func TestClock(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	now := time.Date(2026, 7, 14, 0, 30, 0, 0, zone)
	for _, c := range []struct {
		t    time.Time
		want string
	}{
		{now, "00:30:00"},
		{now.Add(23*time.Hour + 29*time.Minute + 7*time.Second), "23:59:07"},
		{now.Add(-31 * time.Minute), "Mon 13 Jul 23:59:00"},
		{now.Add(24 * time.Hour), "Wed 15 Jul 00:30:00"},
		{now.AddDate(-1, 0, 0), "Mon 14 Jul 00:30:00"},
		{now.UTC(), "22:30:00"},
	} {
		if got := human.Clock(c.t, now); got != c.want {
			t.Errorf("%v: got %q, want %q", c.t, got, c.want)
		}
	}
}

func TestRoughRange(t *testing.T) {
	for _, c := range []struct {
		from, to time.Duration
		want     string
	}{
		{34 * time.Second, 70 * time.Second, "35 to 70 s"},
		{34 * time.Second, 3 * time.Minute, "35 s to 3 min"},
		{45 * time.Minute, 55 * time.Minute, "45 to 55 min"},
		{3 * time.Second, 50 * time.Hour, "3 s to 2 d"},
	} {
		if got := human.RoughRange(c.from, c.to); got != c.want {
			t.Errorf("%v to %v: got %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
