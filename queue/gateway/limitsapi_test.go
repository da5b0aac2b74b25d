package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/queue/sim"
)

// adminKey lets the gateway ask what acme may use.
func adminKey(o *gateway.Options) { o.AdminKey = "sk-sim-acme-admin" }

// followed is what FollowLimits has reported.
type followed struct {
	mu    sync.Mutex
	lines []string
}

func (f *followed) report(a gateway.AccountLimits, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.lines = append(f.lines, err.Error())
		return
	}
	groups, _ := json.Marshal(a.Groups) // in order
	f.lines = append(f.lines, a.Organization+" "+string(groups))
}

// all are the lines until now, when nothing moves any more.
func (f *followed) all() []string {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.lines...)
}

// follow lets the gateway follow the limits until stop.
func (b *bubble) follow() (f *followed, stop func()) {
	f = &followed{}
	ctx, cancel := context.WithCancel(b.Context())
	wait := b.background(func() { b.gateway.FollowLimits(ctx, f.report) })
	return f, func() { cancel(); wait() }
}

// accounts lets the upstream keep accounts of a tier, with changes.
func (b *bubble) accounts(tier string, changes ...sim.LimitChange) {
	b.Helper()
	of, err := sim.Tier(tier)
	if err != nil {
		b.Fatal(err)
	}
	api, err := sim.NewAPI(1, sim.Conditions{Median: time.Second, P99: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	s := sim.DefaultAccountSettings()
	s.Limits, s.Changes = of.Limits, changes
	h, err := sim.NewAccountHandler(api, s)
	if err != nil {
		b.Fatal(err)
	}
	b.answers = h
}

// byLimits are settings under which limits decide.
func byLimits() queue.Settings {
	s := queue.DefaultSettings()
	s.Adaptive, s.MaxInFlight, s.MaxWait = true, 1000, time.Hour
	return s
}

// The simulated API's limits are known before the first answer: of the gateway's
// own key at once, of a client's as soon as it is known whose it is.
func TestLimitsAreKnownBeforeTheFirstAnswer(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		b.accounts("tier1")
		f, stop := b.follow()
		defer stop()
		lines := f.all()
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "acme {") || strings.Count(lines[0], `"Requests":{"PerMinute":50,`) != 10 ||
			!strings.Contains(lines[0], `"sonnet-5-5":{"Requests":{"PerMinute":50,"Remaining":0,"FullIn":0},"Input":{"PerMinute":30000,"Remaining":0,"FullIn":0},"Output":{"PerMinute":8000,`) {
			b.Fatalf("reported %q", lines)
		}
		waits := []func(){}
		for range 3 {
			waits = append(waits, b.background(func() { b.ask("POST", "/v1/messages", hello) }))
		}
		b.seen()
		lanes := b.queue.Report().Detail.Lanes
		if len(lanes) != 1 || lanes[0].Name != "acme/sonnet-5-5" || lanes[0].Running != 3 || len(lanes[0].Limits) != 3 ||
			lanes[0].Limits[1].PerMinute != 30_000 || lanes[0].Limits[1].Free != nil {
			b.Errorf("before the first answer: %+v", lanes)
		}
		for _, wait := range waits {
			wait()
		}
		if limits := b.queue.Report().Detail.Lanes[0].Limits; limits[1].Free == nil || limits[1].PerMinute != 30_000 {
			b.Errorf("after it: %+v", limits)
		}
		time.Sleep(25 * time.Minute)
		if n := len(b.seen()); n != 3+3+1 {
			b.Errorf("%d calls in 25 minutes, want three for the limits, three messages, and one for the key's owner", n)
		}
		for _, call := range b.seen() {
			key := call.header.Get("X-Api-Key")
			if admin := call.path == "/v1/organizations/rate_limits"; admin != (key == "sk-sim-acme-admin") {
				b.Errorf("%s was called with %s", call.path, key)
			}
		}
	}, adminKey, func(o *gateway.Options) { o.Key = "sk-sim-acme-1" })
}

func TestAClientsKeyIsNobodysUntilItsFirstAnswer(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		b.accounts("tier1")
		_, stop := b.follow()
		defer stop()
		b.seen()
		var a answer
		wait := b.background(func() { a = b.ask("POST", "/v1/messages", hello) })
		b.seen()
		if lanes := b.queue.Report().Detail.Lanes; len(lanes) != 1 || !strings.HasPrefix(lanes[0].Name, "key-") || len(lanes[0].Limits) != 0 {
			b.Errorf("before the first answer: %+v", lanes)
		}
		wait()
		if lane := a.header.Get("X-Paceline-Lane"); lane != "acme/sonnet-5-5" {
			b.Errorf("after it: in %s", lane)
		}
		if n := len(b.seen()); n != 2 {
			b.Errorf("%d calls, want the limits and a message", n)
		}
	}, adminKey)
}

// A change of tier is noticed without traffic, and told once.
func TestAChangeOfTierIsNoticed(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		start, err := sim.Tier("start")
		if err != nil {
			b.Fatal(err)
		}
		b.accounts("tier1", sim.LimitChange{At: 25 * time.Minute, Limits: start.Limits})
		f, stop := b.follow()
		defer stop()
		time.Sleep(29 * time.Minute)
		if lines := f.all(); len(lines) != 1 {
			b.Errorf("reported %q, want what was told first alone", lines)
		}
		time.Sleep(32 * time.Minute)
		if lines := f.all(); len(lines) != 2 || !strings.Contains(lines[1], `"sonnet-5-5":{"Requests":{"PerMinute":1000,`) {
			b.Errorf("reported %q, want the change", lines)
		}
		if n := len(b.seen()); n != 7 {
			b.Errorf("asked %d times in 61 minutes, want 7", n)
		}
	}, adminKey)
}

// page is an answer of the Rate Limits API.
func page(w http.ResponseWriter, text string) {
	w.Header().Set("Anthropic-Organization-Id", "acme")
	_, _ = w.Write([]byte(text))
}

// models is a group of the Rate Limits API.
func models(ids, limits string) string {
	return fmt.Sprintf(`{"type":"rate_limit","group_type":"model_group","models":[%s],"limits":[%s]}`, ids, limits)
}

// rpm is a limit of requests, of any text.
func rpm(value string) string { return `{"type":"requests_per_minute","value":` + value + `}` }

// What is not known is left out, what cannot be is not told, and nothing spoils
// the rest.
func TestWhatTheRateLimitsAPIMayTell(t *testing.T) {
	const sonnet, opus = `"claude-sonnet-5-5","claude-sonnet-5-5-20261001"`, `"claude-opus-5-5"`
	limits := func(requests, input, output int) string {
		one := func(n int) queue.Limit { return queue.Limit{PerMinute: n} }
		text, _ := json.Marshal(queue.Limits{Requests: one(requests), Input: one(input), Output: one(output)})
		return string(text)
	}
	good := models(opus, rpm("50"))
	for _, c := range []struct{ name, data, want string }{
		{"as documented", models(sonnet, rpm("1000")+`,{"type":"input_tokens_per_minute","value":20},{"type":"output_tokens_per_minute","value":30}`), `{"sonnet-5-5":` + limits(1000, 20, 30) + `}`},
		{"cache aware", models(sonnet, `{"type":"input_tokens_per_minute","value":90},{"type":"input_tokens_per_minute_cache_aware","value":200}`), `{"sonnet-5-5":` + limits(0, 200, 0) + `}`},
		{"the same before", models(sonnet, `{"type":"input_tokens_per_minute_cache_aware","value":200},{"type":"input_tokens_per_minute","value":90}`), `{"sonnet-5-5":` + limits(0, 200, 0) + `}`},
		{"other groups", `{"type":"rate_limit","group_type":"batch","models":["claude-opus-5-5"],"limits":[` + rpm("7") + `]},{"group_type":"skills"},` + good, `{"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"another limit", models(opus, `{"type":"acceleration","value":7},`+rpm("50")), `{"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"a model nobody knows", models(`"gpt-9"`, rpm("7")) + "," + good, `{"gpt-9":` + limits(7, 0, 0) + `,"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"the type in its new place", `{"id":"x","group":{"type":"model_group","id":"rlg_1","display_name":"Opus"},"models":["claude-opus-5-5"],"limits":[` + rpm("50") + `]},{"group":{"type":"batch"},"group_type":"model_group","models":["claude-opus-5"],"limits":[` + rpm("7") + `]}`, `{"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"in both places, one of another kind", `{"group":"x","group_type":"model_group","models":["claude-opus-5-5"],"limits":[` + rpm("50") + `]}`, `{"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"groups that are one of ours", models(`"claude-sonnet-4-7"`, rpm("70")) + "," + models(`"claude-sonnet-4-6"`, rpm("65")) + "," + models(`"claude-sonnet-4-5"`, rpm("60")+`,{"type":"output_tokens_per_minute","value":30}`) + "," + models(`"claude-sonnet-4"`, rpm("80")),
			`{"sonnet-4-0":` + limits(80, 0, 0) + `,"sonnet-4-5":` + limits(60, 0, 30) + `,"sonnet-4-6":` + limits(65, 0, 0) + `,"sonnet-4-7":` + limits(70, 0, 0) + `}`},
		{"a group that is several of ours", models(`"claude-opus-4-1","claude-opus-4-8"`, rpm("70")) + "," + models(`"claude-opus-5","claude-opus-5-5"`, rpm("65")), `{"opus-4":` + limits(70, 0, 0) + `,"opus-5-5":` + limits(65, 0, 0) + `}`},
		{"groups of the same models", models(`"claude-opus-4-8","claude-opus-4-7"`, rpm("70")) + "," + models(`"claude-opus-4-6"`, rpm("65")) + "," + models(`"claude-opus-4-7","claude-opus-4-6"`, rpm("80")), `{"opus-4":` + limits(65, 0, 0) + `}`},
		{"no groups", ``, `{}`},
		{"things of other kinds", `7,"x",null,[],{"group_type":7},{"group_type":"model_group","models":"claude-opus-5-5","limits":[` + rpm("7") + `]},{"group_type":"model_group","models":null,"limits":null},` + good, `{"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"numbers that are none", models(sonnet, rpm(`"50"`)) + "," + models(sonnet, rpm("-1")) + "," + models(sonnet, rpm("0")) + "," + models(sonnet, rpm("1e3")) + "," +
			models(sonnet, rpm("50.5")) + "," + models(sonnet, rpm("null")) + "," + models(sonnet, rpm("99999999999999999999")) + "," + models(sonnet, rpm("1000000000001")) + "," + models(sonnet, rpm("{}")) + "," + models(sonnet, `{"type":"requests_per_minute"}`) + "," + good, `{"opus-5-5":` + limits(50, 0, 0) + `}`},
		{"control characters", models(`"claude-opus-5-5\u001b[2J","\u202e"`, rpm("50")) + "," + good, `{"opus-5-5":` + limits(50, 0, 0) + `}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, byLimits(), func(b *bubble) {
				b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					page(w, `{"data":[`+c.data+`],"next_page":null,"new":{"x":1}}`)
				})
				f, stop := b.follow()
				defer stop()
				if lines := f.all(); len(lines) != 1 || lines[0] != "acme "+c.want {
					b.Errorf("reported %q, want %s", lines, c.want)
				}
			}, adminKey)
		})
	}
}

// All pages are read, and a page that is no name of one is the last.
func TestPagesOfLimits(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		pages := map[string]string{
			"":      `{"data":[` + models(`"claude-opus-5-5"`, rpm("50")) + `],"next_page":"a b&c"}`,
			"a b&c": `{"data":[` + models(`"claude-sonnet-5-5"`, rpm("60")) + `],"next_page":7}`,
		}
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page(w, pages[r.URL.Query().Get("page")]) })
		f, stop := b.follow()
		defer stop()
		if lines := f.all(); len(lines) != 1 || !strings.Contains(lines[0], "opus-5-5") || !strings.Contains(lines[0], `"sonnet-5-5":{"Requests":{"PerMinute":60`) {
			b.Errorf("reported %q, want both pages", lines)
		}
	}, adminKey)
}

// What goes wrong is said once, in words that help, without the key or what the
// other side says; it is asked again, and nothing else breaks.
func TestTheRateLimitsAPIFails(t *testing.T) {
	said := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Anthropic-Organization-Id", "acme")
			w.Header().Set("Location", "https://example.com/"+r.Header.Get("X-Api-Key"))
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text + "SECRETTEXT" + r.Header.Get("X-Api-Key")))
		}
	}
	bad := "what answers for the Rate Limits API is not it"
	for _, c := range []struct {
		name    string
		answers http.HandlerFunc
		want    string
	}{
		{"401", said(401, ""), "does not know the admin key (401)"},
		{"403", said(403, ""), "needs an admin key (403), one that begins with sk-ant-admin"},
		{"404", said(404, ""), "has no Rate Limits API (404): leave the admin key out"},
		{"302", said(302, ""), "answered 302: it is asked again"},
		{"429", said(429, ""), "answered 429: it is asked again"},
		{"529", said(529, ""), "answered 529: it is asked again"},
		{"204", said(204, ""), "answered 204"},
		{"HTML", said(200, "<html>"), bad},
		{"no JSON", said(200, `{"data":[]}`), bad},
		{"nothing", func(w http.ResponseWriter, _ *http.Request) { page(w, "") }, bad},
		{"half", func(w http.ResponseWriter, _ *http.Request) { page(w, `{"data":[`) }, bad},
		{"no data", func(w http.ResponseWriter, _ *http.Request) { page(w, `{"type":"message"}`) }, bad},
		{"data that is none", func(w http.ResponseWriter, _ *http.Request) { page(w, `{"data":{"a":1}}`) }, bad},
		{"a list", func(w http.ResponseWriter, _ *http.Request) { page(w, `[]`) }, bad},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			page(w, `{"data":[]}`)
			panic(http.ErrAbortHandler)
		}, "gave no whole answer: "},
		{"too much", func(w http.ResponseWriter, _ *http.Request) { page(w, `{"data":["`+strings.Repeat("x", 1<<20)+`"]}`) }, "says more than 1 MB"},
		{"silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "did not answer in 30s"},
		{"silent after a while", func(w http.ResponseWriter, r *http.Request) {
			page(w, `{"data":[`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "did not answer in 30s"},
		{"nobody's", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":[]}`)) }, "does not say whose limits it tells"},
		{"no name", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Anthropic-Organization-Id", "a/b\u202e")
			_, _ = w.Write([]byte(`{"data":[]}`))
		}, "does not say whose limits it tells"},
		{"pages without end", func(w http.ResponseWriter, _ *http.Request) { page(w, `{"data":[],"next_page":"again"}`) }, "has more than 20 pages"},
		{"pages of two", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Anthropic-Organization-Id", "acme"+r.URL.Query().Get("page"))
			_, _ = w.Write([]byte(`{"data":[` + models(`"claude-opus-5-5"`, rpm("7")) + `],"next_page":"2"}`))
		}, "does not say whose limits it tells"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, byLimits(), func(b *bubble) {
				var works atomic.Bool
				b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.URL.Path == "/v1/messages":
						b.api.ServeHTTP(w, r)
					case works.Load():
						page(w, `{"data":[]}`)
					default:
						c.answers(w, r)
					}
				})
				f, stop := b.follow()
				defer stop()
				time.Sleep(40 * time.Minute)
				lines := f.all()
				if len(lines) != 1 || !strings.Contains(lines[0], c.want) || !strings.HasPrefix(lines[0], "gateway: ") {
					b.Errorf("reported %q, want %q once", lines, c.want)
				}
				for _, secret := range []string{"admin01", "SECRET", "sk-sim"} {
					if strings.Contains(strings.Join(lines, "")+b.log.String(), secret) {
						b.Errorf("%s is told: %q %s", secret, lines, b.log.String())
					}
				}
				tries := 0
				for _, call := range b.seen() {
					if call.query == "" {
						tries++
					}
				}
				if tries != 7 { // after 0, 1, 3, 7, 15, 25 and 35 minutes
					b.Errorf("asked %d times in 40 minutes, want 7", tries)
				}
				if a := b.ask("POST", "/v1/messages", hello); a.status != 200 {
					b.Errorf("a message: got %d", a.status)
				}
				for _, now := range []bool{true, false, true} {
					works.Store(now)
					time.Sleep(11 * time.Minute)
				}
				if lines := f.all(); len(lines) != 4 || lines[1] != "acme {}" || lines[2] != lines[0] || lines[3] != lines[1] {
					b.Errorf("reported %q, want that it works again, and when it does not", lines)
				}
			}, adminKey)
		})
	}
}

func TestWithoutAnAdminKeyNobodyIsAsked(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		b.gateway.FollowLimits(b.Context(), func(gateway.AccountLimits, error) { b.Error("something is reported") })
		if n := len(b.seen()); n != 0 {
			b.Errorf("%d calls, want none", n)
		}
	})
	q, err := queue.New(byLimits())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gateway.New(q, gateway.Options{Upstream: mustURL("http://127.0.0.1:1"), AdminKey: "sk\n"}); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("an admin key of two lines: got %v, want an error", err)
	}
}

// What is under way ends with the one who follows, and nothing is said of it.
func TestFollowingEndsAtOnce(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		f, stop := b.follow()
		b.seen()
		began := time.Now()
		stop()
		if took := time.Since(began); took > 0 || len(f.all()) != 0 {
			b.Errorf("it took %v, and said %q", took, f.all())
		}
	}, adminKey)
}

// Who is asked for the owner of a key of ours and cannot tell, breaks nothing.
func TestTheOrganizationOfAKeyIsUnknown(t *testing.T) {
	for name, models := range map[string]http.HandlerFunc{
		"404":     http.NotFound,
		"silent":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no name": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Anthropic-Organization-Id", "a/b") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, byLimits(), func(b *bubble) {
				b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/v1/models":
						models(w, r)
					case "/v1/messages":
						b.api.ServeHTTP(w, r)
					default:
						page(w, `{"data":[`+`{"group_type":"model_group","models":["claude-sonnet-5-5"],"limits":[`+rpm("7")+`]}`+`]}`)
					}
				})
				f, stop := b.follow()
				defer stop()
				time.Sleep(time.Minute)
				if lines := f.all(); len(lines) != 1 || !strings.HasPrefix(lines[0], "acme {") {
					b.Errorf("reported %q", lines)
				}
				var a answer
				wait := b.background(func() { a = b.ask("POST", "/v1/messages", hello) })
				b.seen()
				if lanes := b.queue.Report().Detail.Lanes; len(lanes) != 1 || !strings.HasPrefix(lanes[0].Name, "key-") {
					b.Errorf("before its answer: %+v, want the key's own lane", lanes)
				}
				if wait(); a.status != 200 || a.header.Get("X-Paceline-Lane") != "acme/sonnet-5-5" {
					b.Errorf("a message: got %d in lane %s", a.status, a.header.Get("X-Paceline-Lane"))
				}
			}, adminKey, func(o *gateway.Options) { o.Key = "sk-sim-acme-1" })
		})
	}
}

// Where an organization lists its groups, they decide which models share a lane,
// also those that nobody has published, and those that others keep apart.
func TestTheGroupsOfAnAccountAreItsLanes(t *testing.T) {
	spaced := byLimits()
	spaced.Adaptive = false
	inBubble(t, spaced, func(b *bubble) {
		var data atomic.Value
		data.Store(models(`"claude-opus-5-5","claude-opus-5"`, rpm("50")) + "," + models(`"claude-opus-4-8"`, rpm("60")) + "," +
			models(`"claude-opus-4-6"`, rpm("60")) + "," + models(`"claude-saga-1","claude-saga-2-20270101"`, rpm("70")))
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { page(w, `{"data":[`+data.Load().(string)+`]}`) })
		f, stop := b.follow()
		defer stop()
		b.seen()
		ask := func(model, want string) {
			b.Helper()
			if lane := b.ask("POST", "/v1/messages", asking(model)).header.Get("X-Paceline-Lane"); lane != want {
				b.Errorf("%s: in lane %s, want %s", model, lane, want)
			}
		}
		// What waits with a listed model in the lane of all others is not of its group.
		first := b.background(func() { b.ask("POST", "/v1/messages", asking("claude-saga-1"), "X-Api-Key", "sk-of-another") })
		b.seen()
		second := b.background(func() { b.ask("POST", "/v1/messages", asking("claude-invented-1"), "X-Api-Key", "sk-of-another") })
		first()
		if got, want := b.waitingIn(), (map[string]int{"acme/other": 1}); !maps.Equal(got, want) {
			b.Errorf("after the first answer: %v, want %v", got, want)
		}
		second()
		for range 2 { // first in the key's own lane
			ask("claude-opus-5", "acme/opus-5-5")
			ask("claude-opus-5-5", "acme/opus-5-5")
			ask("claude-opus-4-8", "acme/opus-4-8")
			ask("claude-opus-4-6-20260101", "acme/opus-4-6")
			ask("claude-opus-4-7", "acme/opus-4") // which is not listed
			ask("claude-saga-2", "acme/saga-2")
			ask("claude-saga-1", "acme/saga-2")
		}
		data.Store(strings.Replace(data.Load().(string), `"claude-opus-4-8"`, `"claude-opus-4-8","claude-opus-4-6"`, 1))
		time.Sleep(11 * time.Minute)
		if lines := f.all(); len(lines) != 2 {
			b.Errorf("reported %q, want the new list, too", lines)
		}
		ask("claude-opus-4-6", "acme/opus-4")
	}, adminKey)
}
