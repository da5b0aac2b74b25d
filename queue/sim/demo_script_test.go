package sim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func mustScript(t *testing.T, name string) script {
	t.Helper()
	s, err := newScript(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScenes(t *testing.T) {
	want := []string{"calm", "busy", "burst", "outage", "recovery"}
	if got := Scenes(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, s := range scenes() {
		if err := s.api.Validate(); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if s.think <= 0 || (s.crowd > 0 && s.crowdEvery <= 0) {
			t.Errorf("%s: got think %v and a crowd of %d every %v, want times above zero", s.name, s.think, s.crowd, s.crowdEvery)
		}
	}
	_, err := newScript("chaos")
	if err == nil || !strings.Contains(err.Error(), `scene is "chaos": must be one of calm, busy, burst, outage, recovery`) {
		t.Errorf("an unknown scene: got %v, want an error that names the valid ones", err)
	}
}

func TestTour(t *testing.T) {
	s := mustScript(t, "")
	for _, c := range []struct {
		at    time.Duration
		scene string
		began time.Duration
		next  time.Duration
	}{
		{0, "calm", 0, 60 * time.Second},
		{59999 * time.Millisecond, "calm", 0, 60 * time.Second},
		{60 * time.Second, "busy", 60 * time.Second, 135 * time.Second},
		{135 * time.Second, "burst", 135 * time.Second, 165 * time.Second},
		{164 * time.Second, "burst", 135 * time.Second, 165 * time.Second},
		{165 * time.Second, "burst", 135 * time.Second, 195 * time.Second},
		{195 * time.Second, "recovery", 195 * time.Second, 285 * time.Second},
		{285 * time.Second, "outage", 285 * time.Second, 375 * time.Second},
		{375 * time.Second, "recovery", 375 * time.Second, 465 * time.Second},
		{465 * time.Second, "calm", 465 * time.Second, 525 * time.Second},
		{10*465*time.Second + 70*time.Second, "busy", 10*465*time.Second + 60*time.Second, 10*465*time.Second + 135*time.Second},
	} {
		a, began := s.at(c.at)
		if a.scene.name != c.scene || began != c.began {
			t.Errorf("at %v: got %s since %v, want %s since %v", c.at, a.scene.name, began, c.scene, c.began)
		}
		if next := s.next(c.at); next != c.next {
			t.Errorf("at %v: got next at %v, want %v", c.at, next, c.next)
		}
	}
	shown := map[string]bool{}
	for _, a := range s {
		shown[a.scene.name] = true
		if a.length < time.Minute || a.length > 2*time.Minute {
			t.Errorf("%s: got %v, want 1 to 2 minutes", a.scene.name, a.length)
		}
	}
	if len(shown) != len(Scenes()) {
		t.Errorf("the tour shows %v, want each of %v", shown, Scenes())
	}
}

func TestPinned(t *testing.T) {
	for _, name := range Scenes() {
		s := mustScript(t, name)
		for _, at := range []time.Duration{0, time.Hour, 1000 * time.Hour} {
			a, began := s.at(at)
			if a.scene.name != name || began != 0 {
				t.Errorf("%s at %v: got %s since %v, want it since 0", name, at, a.scene.name, began)
			}
			next := s.next(at)
			if a.scene.crowd == 0 && next != forever {
				t.Errorf("%s at %v: got next at %v, want never", name, at, next)
			}
			if a.scene.crowd > 0 && next != at+a.scene.crowdEvery {
				t.Errorf("%s at %v: got next at %v, want %v later", name, at, next, a.scene.crowdEvery)
			}
		}
	}
}

func TestNextIsTheSooner(t *testing.T) {
	s := script{
		{scene{name: "a", crowd: 1, crowdEvery: 25 * time.Second}, time.Minute},
		{scene{name: "b"}, time.Minute},
	}
	for at, want := range map[time.Duration]time.Duration{
		0:                25 * time.Second,
		25 * time.Second: 50 * time.Second,
		50 * time.Second: 60 * time.Second, // the scene ends before the crowd comes
		60 * time.Second: 120 * time.Second,
	} {
		if got := s.next(at); got != want {
			t.Errorf("at %v: got next at %v, want %v", at, got, want)
		}
	}
}

func TestAfter(t *testing.T) {
	s := script{
		{scene{think: 20 * time.Second}, time.Minute},
		{scene{think: 4 * time.Second}, time.Minute},
	}
	for _, c := range []struct {
		at       time.Duration
		thoughts float64
		want     time.Duration
	}{
		{0, 1, 20 * time.Second},
		{0, 3, 60 * time.Second},
		{50 * time.Second, 1, 62 * time.Second},   // half a thought slow, half of one quick
		{118 * time.Second, 1, 130 * time.Second}, // and the other way round, into the next round
		{0, 3 + 15 + 1, 140 * time.Second},        // through a whole scene
	} {
		if got := s.thinkUntil(c.at, c.thoughts); got.Round(time.Millisecond) != c.want {
			t.Errorf("%g thoughts from %v: got %v, want %v", c.thoughts, c.at, got, c.want)
		}
	}
	if got := mustScript(t, "calm").thinkUntil(100*time.Hour, 0.5); got != 100*time.Hour+16*time.Second {
		t.Errorf("half a thought in a pinned scene: got %v, want 16 s later", got-100*time.Hour)
	}
}
