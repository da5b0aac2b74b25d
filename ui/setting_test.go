package ui

import (
	"math"
	"testing"

	"paceline/client"
	"paceline/queue"
)

func mustSetting(t *testing.T, name string) setting {
	t.Helper()
	row, ok := queue.SettingNamed(name)
	if !ok {
		t.Fatalf("there is no setting %q", name)
	}
	return setting{row}
}

// defaults are the settings as a server tells them that has all of the table.
func defaults() client.Settings { return client.SettingsOf(queue.DefaultSettings()) }

func TestReadSetting(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       float64
		err        error
	}{
		{"minDelay", "1.5s", 1500, nil},
		{"minDelay", "1,5s", 1500, nil},
		{"minDelay", "200ms", 200, nil},
		{"minDelay", " 2 S ", 2000, nil},
		{"minDelay", "5m", 300_000, nil},
		{"minDelay", "10 min", 600_000, nil},
		{"minDelay", "1h30m", 5_400_000, nil},
		{"minDelay", "0", 0, nil},
		{"minDelay", "0s", 0, nil},
		{"minDelay", "-1s", -1000, nil}, // out of range, said elsewhere
		{"minDelay", "12", 0, errNoUnit},
		{"minDelay", "0.5ms", 0, errTooFine},
		{"minDelay", "soon", 0, errNotSpan},
		{"minDelay", "s", 0, errNotSpan},
		{"minDelay", "", 0, errNotSpan},
		{"minDelay", "80%", 0, errNotSpan},
		{"minDelay", "99999999h", 0, errNotSpan},
		{"maxQueue", "12", 12, nil},
		{"maxQueue", "1,000", 1000, nil},
		{"maxQueue", "1000", 1000, nil},
		{"maxQueue", "1,5", 0, errNotCount},
		{"maxQueue", "1.5", 0, errNotCount},
		{"maxQueue", "12s", 0, errNotCount},
		{"maxQueue", "1e3", 0, errNotCount},
		{"maxQueue", "99999999999999999999", 0, errNotCount},
		{"warnSuccess", "80%", 0.8, nil},
		{"warnSuccess", "80", 0.8, nil},
		{"warnSuccess", "0.8", 0.8, nil},
		{"warnSuccess", "82,5%", 0.825, nil},
		{"warnSuccess", "1", 1, nil},
		{"warnSuccess", "1%", 0.01, nil},
		{"warnSuccess", "150%", 1.5, nil}, // out of range, said elsewhere
		{"warnSuccess", "nan", 0, errNotShare},
		{"warnSuccess", "inf%", 0, errNotShare},
		{"warnSuccess", "most", 0, errNotShare},
	} {
		if got, err := mustSetting(t, c.name).read(c.text); got != c.want || err != c.err { //nolint:errorlint // they are returned as they are
			t.Errorf("%s %q: got %v, %v, want %v, %v", c.name, c.text, got, err, c.want, c.err)
		}
	}
}

func TestWriteSetting(t *testing.T) {
	for _, c := range []struct {
		name string
		v    float64
		want string
	}{
		{"minDelay", 0, "0 s"}, {"minDelay", 1, "1 ms"}, {"minDelay", 200, "200 ms"}, {"minDelay", 1500, "1.5 s"},
		{"minDelay", 1555, "1.555 s"}, {"aging", 60_000, "60 s"}, {"aging", 90_000, "90 s"}, {"maxWait", 300_000, "5 min"},
		{"maxRun", 3_600_000, "1 h"}, {"maxRun", 5_400_000, "90 min"}, {"maxRun", 86_400_000, "24 h"}, {"maxRun", 3_601_000, "3601 s"},
		{"maxQueue", 1000, "1,000"}, {"attempts", 3, "3"}, {"warnSuccess", 0.8, "80%"}, {"warnSuccess", 0.825, "82.5%"}, {"warnSuccess", 1, "100%"},
	} {
		f := mustSetting(t, c.name)
		if got := f.write(c.v); got != c.want {
			t.Errorf("%s %v: got %q, want %q", c.name, c.v, got, c.want)
		}
		if got, err := f.read(f.write(c.v)); got != c.v || err != nil {
			t.Errorf("%s: %q is read as %v, %v, want %v", c.name, c.want, got, err, c.v)
		}
	}
}

func TestStepSetting(t *testing.T) {
	for _, c := range []struct {
		name string
		v    float64
		up   bool
		want float64
	}{
		{"minDelay", 1500, true, 1600}, {"minDelay", 1500, false, 1400}, {"minDelay", 1555, true, 1600}, {"minDelay", 1555, false, 1500},
		{"minDelay", 500, false, 450}, {"minDelay", 100, false, 90}, {"minDelay", 100, true, 150}, {"minDelay", 0, true, 10},
		{"step", 200, true, 250}, {"maxDelay", 10_000, true, 11_000}, {"maxDelay", 10_000, false, 9000}, {"maxDelay", 5000, false, 4900},
		{"aging", 60_000, true, 65_000}, {"maxWait", 300_000, true, 330_000}, {"maxRun", 600_000, true, 660_000}, {"maxRun", 600_000, false, 570_000},
		{"maxRun", 3_600_000, true, 4_200_000},
		{"maxInFlight", 16, true, 17}, {"maxInFlight", 16, false, 15}, {"maxInFlight", 50, true, 60}, {"maxInFlight", 50, false, 49},
		{"maxQueue", 1000, true, 1100}, {"maxQueue", 1000, false, 950},
		{"warnSuccess", 0.8, true, 0.85}, {"warnSuccess", 0.8, false, 0.75}, {"warnSuccess", 0.9, true, 0.91}, {"warnSuccess", 0.9, false, 0.85},
		{"warnSuccess", 0.825, false, 0.8},
	} {
		if got := mustSetting(t, c.name).step(c.v, c.up); got != c.want {
			t.Errorf("%s %v up %v: got %v, want %v", c.name, c.v, c.up, got, c.want)
		}
	}
}

// From every value that steps reach, a step up and one down lead back, and every
// value is shown in no more cells than can be typed.
func TestStepsLeadBack(t *testing.T) {
	for _, f := range settingRows(defaults()) {
		n := 0
		for v := f.Low; v < f.High && n < 5000; n++ {
			up := f.step(v, true)
			if up <= v || math.IsInf(up, 0) {
				t.Fatalf("%s: a step up from %v leads to %v", f.Name, v, up)
			}
			if back := f.step(up, false); back != v && v != f.Low {
				t.Fatalf("%s: up from %v is %v, down again %v", f.Name, v, up, back)
			}
			if text := f.write(up); len(text) > valueText().most {
				t.Fatalf("%s: %q is too long to be typed", f.Name, text)
			}
			v = up
		}
		if n < 5 {
			t.Errorf("%s: only %d steps", f.Name, n)
		}
	}
}

func TestLimitWords(t *testing.T) {
	for name, want := range map[string]string{
		"minDelay": "from 0 s to 10 s (maxDelay)", "maxDelay": "from 1.5 s (minDelay) to 1 h", "maxQueue": "from 1 to 1,000,000",
		"warnSuccess": "from 0% to 100%", "criticalWaiting": "from 6 (warnWaiting) to 1,000,000",
	} {
		if got := mustSetting(t, name).limitWords(defaults().Named); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	alone := client.Settings{"minDelayMs": 1500}
	if got, want := mustSetting(t, "minDelay").limitWords(alone.Named), "from 0 s to 1 h"; got != want {
		t.Errorf("minDelay alone: got %q, want %q", got, want)
	}
}
