package ui

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"paceline/client"
	"paceline/queue"
)

func plainText(s string) string { return ansi.Strip(s) }

// scene is a state that the monitor can be in.
type scene struct {
	name string
	play func(r *rig)
}

func scenes() []scene {
	live := func(level int, average time.Duration) func(*rig) {
		return func(r *rig) { r.watch(61, level, average) }
	}
	return []scene{
		{"connecting", func(r *rig) { r.advance(200 * time.Millisecond); r.send(clockMsg{}) }},
		{"healthy", live(1, 2400*time.Millisecond)},
		{"old-wire", func(r *rig) {
			for i := range 61 {
				r.answerPoll(oldWire(sampleOf(i, 1, 2400*time.Millisecond)))
			}
		}},
		{"warning", live(8, 9600*time.Millisecond)},
		{"critical", live(24, 45*time.Second)},
		{"unreachable", func(r *rig) {
			r.watch(57, 3, 2400*time.Millisecond)
			for range 3 {
				r.failPoll("connection refused", "Is the server running?")
			}
			r.advance(2 * time.Second)
			r.send(clockMsg{})
		}},
		{"after-outage", func(r *rig) {
			for i := range 60 {
				if i >= 30 && i < 36 {
					r.failPoll("connection refused", "")
				} else {
					r.answerPoll(sampleOf(i, 3, 2400*time.Millisecond))
				}
			}
		}},
		{"failures", func(r *rig) { // everything succeeds again
			for i := range 61 {
				s := sampleOf(i, 3, 2400*time.Millisecond)
				s.Detail.RecentRate = client.Some[client.Share](1)
				s.Detail.Failures = []client.ClassFailures{
					{Class: "network", Count: client.Some(12), Users: client.Some(3), Names: []string{"anna", "ben", "cleo"}},
					{Class: "time-out", Count: client.Some(1), Users: client.Some(1), Names: []string{"user_7"}},
				}
				r.answerPoll(s)
			}
		}},
		{"outage", func(r *rig) { // just over: long sentences, and what failed
			const remedy = "Nothing now: calls succeed again"
			for i := range 61 {
				s := sampleOf(i, 0, 45*time.Second)
				s.Status, s.Message, s.Recommendation = client.Some("critical"), client.Some("Very long wait times in the last minute; cause: connection errors (0 waiting)"), client.Some(remedy)
				s.Detail.Cause, s.Detail.Findings = client.Some(queue.NetworkError.Name()), []client.Finding{
					{Level: client.Critical, Message: s.Message.Value, Recommendation: remedy},
					{Level: client.Warning, Message: "Queue was backing up; cause: connection errors (0 requests waiting)", Recommendation: remedy},
				}
				s.Detail.Failures = []client.ClassFailures{{Class: "network", Count: client.Some(33), Users: client.Some(8), Names: []string{"anna", "ben", "cleo"}}}
				r.answerPoll(s)
			}
		}},
		{"growing", func(r *rig) { // more arrive than start
			for i := range 61 {
				s := sampleOf(i, 2+i/6, time.Duration(900+150*i)*time.Millisecond)
				s.Detail.ArrivalsPerMinute, s.Detail.StartsPerMinute = client.Some(34), client.Some(26)
				r.answerPoll(s)
			}
		}},
		{"incident", func(r *rig) { // one user's
			for i := range 61 {
				r.answerPoll(incident(i))
			}
		}},
		{"incident-heat", func(r *rig) {
			for i := range 61 {
				r.answerPoll(incident(i))
			}
			r.press("h")
		}},
		{"back", func(r *rig) { r.showPast("[") }},
		{"back-between", func(r *rig) { r.showPast("[", "[", "shift+left", "shift+left") }},
		{"back-unknown", func(r *rig) {
			r.showPast(strings.Fields(strings.Repeat("w ", 1) + strings.Repeat("shift+left ", 8))...)
		}},
		{"compare", func(r *rig) { r.showPast("d") }},
		{"compare-back", func(r *rig) { r.showPast("[", "[", "d") }},
		{"frozen", func(r *rig) {
			r.watch(55, 1, 2400*time.Millisecond)
			r.press("p")
			for i := 55; i < 61; i++ {
				r.answerPoll(sampleOf(i, 9, 9600*time.Millisecond))
			}
		}},
		{"help", func(r *rig) { r.watch(61, 1, 2400*time.Millisecond); r.press("?") }},
		{"reset", func(r *rig) { r.watch(61, 1, 2400*time.Millisecond); r.press("r") }},
		{"settings", func(r *rig) { r.tune(8, defaults()); r.press("down", "right", "down", "down") }},
		{"settings-typing", func(r *rig) { r.tune(1, someSettings()); r.press("v", "1", ".", "2", "5", "s") }},
		{"settings-refused", func(r *rig) {
			r.tune(8, someSettings())
			r.settings.tuner.to = &fakeTuner{err: &client.Failure{
				Words: "403 forbidden: changing settings needs an admin token", Hint: "give a token with --token or PACELINE_TOKEN",
			}}
			r.typeKeys("right down down right enter")
		}},
		{"settings-meanwhile", func(r *rig) {
			r.tune(8, someSettings())
			r.typeKeys("right enter right down v 5 0 0 m s enter end left")
			r.told = maps.Clone(r.told)
			r.told["stepMs"] = 300
			r.watch(2, 8, 2400*time.Millisecond)
		}},
		{"settings-unreachable", func(r *rig) {
			r.tune(8, someSettings())
			r.press("right")
			r.failPoll("connection refused", "Is the server running?")
			r.press("down", "right")
		}},
		{"settings-help", func(r *rig) { r.tune(1, someSettings()); r.press("?") }},
		{"lanes", func(r *rig) { r.showLanes(someLanes()) }},
		{"lanes-many", func(r *rig) { r.showLanes(manyLanes()); r.press("down", "down") }},
		{"lanes-none", func(r *rig) { r.showLanes([]client.Lane{}) }},
		{"lanes-unreachable", func(r *rig) {
			r.showLanes(someLanes())
			r.failPoll("connection refused", "Is the server running?")
		}},
		{"lanes-help", func(r *rig) { r.showLanes(someLanes()); r.press("?") }},
		{"lanes-resume", func(r *rig) {
			r.lanes.resumer = &fakeResumer{}
			r.showLanes(someLanes())
			r.press("T")
		}},
		{"lanes-breaker", func(r *rig) {
			r.lanes.resumer = &fakeResumer{}
			lanes := someLanes()
			lanes[2].Breaker = &client.LaneBreaker{Class: "overloaded", Failures: client.Some(7), NextTry: client.Some(38 * time.Second)}
			r.showLanes(lanes)
		}},
		{"waiting", func(r *rig) { r.showWaiting(26, "j", "j") }},
		{"waiting-filter", func(r *rig) { r.showWaiting(26, "O", "j", "f", "/", "n", "o", "r", "m") }},
		{"waiting-detail", func(r *rig) { r.showWaiting(26, "j", "j", "j", "enter") }},
		{"waiting-cancel", func(r *rig) { r.showWaiting(26, "j", "j", "c") }},
		{"waiting-none", func(r *rig) { r.showWaiting(0) }},
		{"advice", func(r *rig) { r.showAdvice(8, someAdvice()) }},
		{"advice-doubt", func(r *rig) { r.showAdvice(8, doubtfulAdvice()); r.press("down") }},
		{"advice-calm", func(r *rig) { r.showAdvice(0, calmAdvice()) }},
		{"advice-none", func(r *rig) { r.showAdvice(8, nil) }},
		{"advice-unreachable", func(r *rig) {
			r.showAdvice(8, someAdvice())
			r.failPoll("connection refused", "Is the server running?")
		}},
		{"advice-help", func(r *rig) { r.showAdvice(8, someAdvice()); r.press("?") }},
		{"advice-hint", func(r *rig) { r.advised(8, someAdvice()) }},
		{"users", func(r *rig) { r.showUsers(8) }},
		{"users-detail", func(r *rig) { r.showUsers(8); r.press("j"); r.showUser() }},
		{"users-none", func(r *rig) {
			s := sampleOf(0, 0, time.Second)
			s.Detail.Users = nil
			r.answerPoll(s)
			r.press("3")
		}},
		{"events", func(r *rig) { r.showEvents(aDay()) }},
		{"events-filter", func(r *rig) { r.showEvents(aDay()); r.press("/", "a", "n", "n") }},
		{"events-jump", func(r *rig) { r.showEvents(aDay()); r.press(":"); r.typeText("13:02"); r.press("enter") }},
		{"advice-spared", func(r *rig) { r.advised(1, calmAdvice()) }},
	}
}

// played is a rig in a state. Polls are 5 s apart.
func played(t *testing.T, s scene, o Options) *rig {
	o.Interval, o.Version = 5*time.Second, "v1.2.3"
	r := newRig(t, o)
	r.account = !strings.HasPrefix(s.name, "lanes") && !strings.HasPrefix(s.name, "settings")
	s.play(r)
	return r
}

func TestScreens(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			r := played(t, s, Options{Demo: &fakeDemo{}, Line: &fakeLine{}})
			for _, size := range sizesOf(s) {
				t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
					r.size(size[0], size[1])
					themes := []string{"dark", "light", "no-color"}
					if size == sizesOf(s)[0] {
						themes = append(themes, "16-colors")
					}
					for _, theme := range themes {
						t.Run(theme, func(t *testing.T) {
							r.dark = theme != "light"
							profile := colorprofile.TrueColor
							switch theme {
							case "no-color":
								profile = colorprofile.ASCII
							case "16-colors":
								profile = colorprofile.ANSI
							}
							r.send(tea.ColorProfileMsg{Profile: profile})
							golden.RequireEqual(t, through(t, profile, r.View().Content))
						})
					}
				})
			}
		})
	}
}

// viewOf is the view that a scene is about, as its name begins.
func viewOf(s scene) string {
	view, _, _ := strings.Cut(s.name, "-")
	return view
}

// sizesOf is how large the screens of a scene are.
func sizesOf(s scene) [][2]int {
	sizes := [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}}
	if !strings.HasPrefix(s.name, "settings-") {
		sizes = append(sizes, [2]int{200, 60})
	}
	return sizes
}

// Where there is only ASCII, the other views are drawn with it.
func TestScreensInASCII(t *testing.T) {
	for _, s := range scenes() {
		if !slices.Contains([]string{"settings", "lanes", "advice", "users", "events", "waiting"}, viewOf(s)) {
			continue
		}
		r := played(t, s, Options{ASCII: true, Line: &fakeLine{}})
		for _, size := range sizesOf(s) {
			t.Run(fmt.Sprintf("%s/%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				r.size(size[0], size[1])
				golden.RequireEqual(t, r.View().Content)
			})
		}
	}
}

// through is what a terminal of the profile gets.
func through(t *testing.T, profile colorprofile.Profile, content string) string {
	var b bytes.Buffer
	w := colorprofile.Writer{Forward: &b, Profile: profile}
	if _, err := w.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkFits fails the test unless the frame is h lines of w cells each.
func (r *rig) checkFits(w, h int) {
	r.Helper()
	lines := strings.Split(r.View().Content, "\n")
	if len(lines) != h {
		r.Fatalf("%dx%d: got %d lines, want %d", w, h, len(lines), h)
	}
	for i, line := range lines {
		if g, wc := ansi.StringWidth(line), ansi.StringWidthWc(line); g != w || wc != w {
			r.Fatalf("%dx%d: line %d is %d cells wide (%d by code points), want %d: %q", w, h, i+1, g, wc, w, line)
		}
	}
}

// Every line of every frame is as wide as the screen, whatever is on it.
func TestEveryLineFits(t *testing.T) {
	t.Parallel()
	step, alphabets := 2, []bool{false, true} // from one size to the next: every half as much again
	if testing.Short() || raceEnabled {       // it has one goroutine
		step, alphabets = 1, alphabets[:1] // or twice as much
	}
	for _, ascii := range alphabets {
		for _, s := range append(scenes(), hostile(), hostileLanes(), hostileAdvice(), hostileUsers(), hostileEvents(), hostileWaiting(), hostilePast()) {
			t.Run(fmt.Sprintf("%s/ascii=%v", s.name, ascii), func(t *testing.T) {
				r := played(t, s, Options{Demo: &fakeDemo{}, Line: &fakeLine{}, ASCII: ascii})
				for w := 1; w <= 300; w += 1 + w/step {
					for h := 1; h <= 100; h += 1 + h/step {
						r.size(w, h)
						r.checkFits(w, h)
					}
				}
			})
		}
	}
}

// In ASCII mode nothing but ASCII is drawn, whatever people are called and servers say, in the
// same cells.
func TestASCIIOnly(t *testing.T) {
	for _, s := range append(scenes(), hostile(), hostileLanes(), hostileUsers(), hostileEvents(), hostileWaiting()) {
		r := played(t, s, Options{Demo: &fakeDemo{}, Line: &fakeLine{}, ASCII: true})
		for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}, {20, 5}} {
			r.size(size[0], size[1])
			r.checkFits(size[0], size[1])
			for _, c := range r.text() + r.View().WindowTitle {
				if c > '~' {
					t.Fatalf("%s at %v: %q is not ASCII in\n%s", s.name, size, c, r.text())
				}
			}
		}
	}
}

// Without colour the same is said: a level is never a colour alone.
func TestLevelsHaveWordAndIcon(t *testing.T) {
	for name, want := range map[string]string{
		"healthy": "● HEALTHY", "warning": "▲ WARNING", "critical": "✖ CRITICAL", "unreachable": "✖ UNREACHABLE", "connecting": "◌ CONNECTING",
	} {
		for _, s := range scenes() {
			if s.name == name {
				r := played(t, s, Options{})
				for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
					r.size(size[0], size[1])
					r.shows(want)
				}
			}
		}
	}
}
