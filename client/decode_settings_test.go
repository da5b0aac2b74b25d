package client

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"paceline/queue"
)

// settingsIn decodes an answer that tells of settings alone.
func settingsIn(t *testing.T, settings string) Settings {
	t.Helper()
	return decoded(t, `{"detail":{"settings":`+settings+`}}`).Detail.Settings
}

// Of a server with fewer settings, or with some that we do not know, or that make no
// sense, the others are read.
func TestSettingsAreReadOneByOne(t *testing.T) {
	for _, c := range []struct {
		settings string
		want     Settings
	}{
		{`null`, nil},
		{`[]`, nil},
		{`{}`, nil},
		{`{"thresholds":{}}`, nil},
		{`{"minDelayMs":1500}`, Settings{"minDelayMs": 1500}},
		{`{"minDelayMs":1500,"maxPerPlanet":7,"stepMs":"200","maxQueue":0,"attempts":2.5,"agingMs":null}`, Settings{"minDelayMs": 1500}},
		{`{"MinDelayMs":1500,"mindelayms":1}`, nil},
		{`{"thresholds":{"warnSuccess":0.5,"warnWaiting":-1,"stuckAfterMs":1e30}}`, Settings{"thresholds.warnSuccess": 0.5}},
		{`{"thresholds":7,"maxQueue":8}`, Settings{"maxQueue": 8}},
	} {
		if got := settingsIn(t, c.settings); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.settings, got, c.want)
		}
	}
}

// What is written is read again; what is not known is null.
func TestSettingsWriteWhatTheyRead(t *testing.T) {
	all := SettingsOf(queue.DefaultSettings())
	for name, c := range map[string]struct {
		settings Settings
		nulls    int
	}{
		"none": {nil, 1},
		"one":  {Settings{"thresholds.warnWaiting": 8}, len(all) - 1},
		"all":  {all, 0},
	} {
		body, err := json.Marshal(c.settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := settingsIn(t, string(body)); !reflect.DeepEqual(got, c.settings) {
			t.Errorf("%s: got %v from %s, want %v", name, got, body, c.settings)
		}
		if got := strings.Count(string(body), "null"); got != c.nulls {
			t.Errorf("%s: got %d times null, want %d: %s", name, got, c.nulls, body)
		}
	}
	got, err := json.Marshal(all)
	want, err2 := json.Marshal(queue.DefaultSettings())
	if err != nil || err2 != nil || string(got) != string(want) {
		t.Errorf("got %s, want what the server writes: %s", got, want)
	}
}

// The settings to compute with have the defaults for what an older server does not know, and one figure for
// what may be in flight where it tells one.
func TestSettingsOfOlderServers(t *testing.T) {
	without := func(paths ...string) Settings {
		s := SettingsOf(queue.DefaultSettings())
		s["maxInFlight"], s["attempts"] = 7, 9
		for _, path := range paths {
			delete(s, path)
		}
		return s
	}
	for _, c := range []struct {
		name     string
		settings Settings
		known    bool
		adaptive int
		attempts int
	}{
		{"none", nil, false, 0, 0},
		{"all", without(), true, 1000, 9},
		{"one figure in flight", without("adaptiveInFlight"), true, 7, 9},
		{"no attempts", without("attempts", "thresholds.warnWaiting"), true, 1000, 3},
		{"no spacing", without("stepMs"), false, 0, 0},
		{"no sense together", changed(without(), "maxDelayMs", 10), false, 0, 0},
	} {
		got := (Detail{Settings: c.settings, Pace: Some("adaptive")}).QueueSettings()
		if got.Known != c.known || got.Value.Adaptive != c.known || got.Value.AdaptiveInFlight != c.adaptive || got.Value.Attempts != c.attempts {
			t.Errorf("%s: got known %v, %d in flight, %d attempts", c.name, got.Known, got.Value.AdaptiveInFlight, got.Value.Attempts)
		}
	}
	if got := changed(without("thresholds.warnWaiting"), "thresholds.criticalWaiting", 30).Thresholds(); !got.Known || got.Value.WarnWaiting != 6 || got.Value.CriticalWaiting != 30 {
		t.Errorf("thresholds: got %+v", got)
	}
	if got := (Settings{"maxQueue": 8}).Thresholds(); got.Known {
		t.Errorf("no thresholds: got %+v", got)
	}
}

// changed returns the settings with one changed.
func changed(s Settings, path string, v float64) Settings {
	s[path] = v
	return s
}
