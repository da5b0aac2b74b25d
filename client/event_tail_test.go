package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
)

// numberedServer is a server of this program whose events are told apart.
type numberedServer struct {
	queue *queue.Queue
	api   *api.Server
	total int // of its events
}

func newNumberedServer(t *testing.T) *numberedServer {
	t.Helper()
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	return &numberedServer{queue: q, api: api.New(q, api.Options{})}
}

// happen makes n events, each with its number in its text.
func (s *numberedServer) happen(n int) {
	for range n {
		s.total++
		s.queue.Reset(fmt.Sprintf("nr. %d", s.total))
	}
}

// older answers as a server that knows no parameter.
func (s *numberedServer) older(w http.ResponseWriter, r *http.Request) {
	r.URL.RawQuery = ""
	s.api.ServeHTTP(w, r)
}

// listed fails the test unless a sample has exactly the events that the server keeps.
func listed(t *testing.T, what string, s Sample) {
	t.Helper()
	total := int(s.Detail.EventsTotal.Value)
	if want := min(total, maxEvents); len(s.Detail.Events) != want {
		t.Errorf("%s: got %d events of %d, want %d", what, len(s.Detail.Events), total, want)
		return
	}
	for i, e := range s.Detail.Events {
		if want := fmt.Sprintf("nr. %d", total-len(s.Detail.Events)+i+1); !strings.HasSuffix(e.Text, " "+want) {
			t.Errorf("%s: event %d is %q, want %s", what, i, e.Text, want)
			return
		}
	}
}

// The steps of a test of polls, each a letter.
const (
	stepPoll     = 'p'
	stepFew      = 'f' // events
	stepMany     = 'm' // events, more than are kept
	stepOther    = 'w' // somebody else polls, and asks for all
	stepDown     = 'd' // a poll fails
	stepGarbage  = 'g' // a poll is answered with a page
	stepRestart  = 'r' // the server restarts
	stepSecond   = 's' // a second server answers from now on, or the first again
	stepOlder    = 'o' // a server that knows no parameter answers from now on, or no more
	stepLater    = 'l' // a minute passes
	stepBusyAnew = 'b' // the server restarts, and has had more events since than before
)

// polled takes steps, and compares each poll with the whole answer of the same moment.
func polled(t *testing.T, steps string) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		s.stream = nil
		servers, at, older := []*numberedServer{newNumberedServer(t), nil}, 0, false
		time.Sleep(time.Hour)
		servers[1] = newNumberedServer(t)
		server.metrics = func(w http.ResponseWriter, r *http.Request) {
			if older {
				servers[at].older(w, r)
				return
			}
			servers[at].api.ServeHTTP(w, r)
		}
		usual := server.metrics
		for i, step := range steps {
			what, now := fmt.Sprintf("step %d of %q", i+1, steps), servers[at]
			time.Sleep(10 * time.Millisecond)
			switch step {
			case stepPoll:
				sample, body, err := s.answer(t.Context())
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				listed(t, what, sample)
				whole, f := s.call(t.Context(), http.MethodGet, s.url, nil)
				if f != nil || string(body) != string(whole) {
					t.Errorf("%s: got %s\nwant %s", what, body, whole)
				}
			case stepFew:
				now.happen(1 + i%7)
			case stepMany:
				now.happen(300)
			case stepOther:
				_, _ = s.call(t.Context(), http.MethodGet, s.url, nil)
			case stepDown:
				server.metrics = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
				if _, err := s.Poll(t.Context()); err == nil {
					t.Errorf("%s: got no error", what)
				}
				server.metrics = usual
			case stepGarbage:
				server.metrics = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }
				if _, err := s.Poll(t.Context()); err == nil {
					t.Errorf("%s: got no error", what)
				}
				server.metrics = usual
			case stepRestart:
				servers[at] = newNumberedServer(t)
			case stepBusyAnew:
				servers[at] = newNumberedServer(t)
				servers[at].happen(now.total + 5)
			case stepSecond:
				at = 1 - at
			case stepOlder:
				older = !older
			case stepLater:
				time.Sleep(time.Minute)
			}
		}
		for _, of := range servers {
			_ = of.queue.Shutdown(context.Background())
		}
	})
}

// However polls follow each other, the events are those of a whole answer.
func TestPollsHaveTheEventsOfAWholeAnswer(t *testing.T) {
	for what, steps := range map[string]string{
		"calm":                          "pppfpp",
		"busy":                          "fpfpfplfpfpmpfp",
		"a gap":                         "fpmpfpmmp",
		"after a failed poll":           "fpfdffpgfp",
		"after a restart":               "mpfprpfprffp",
		"after a restart with many":     "fpbpfpbpmpbp",
		"an older server":               "fpofpfpmpop",
		"two servers":                   "fpsfpspspfpspmpsfp",
		"two servers, of which one old": "fpsmpofpspofpspsp",
		"beside others":                 "wfpwfwpmwwpwp",
		"after a long time":             "fplllpmlp",
	} {
		t.Run(what, func(t *testing.T) { polled(t, steps) })
	}
}

func FuzzPolls(f *testing.F) {
	f.Add("fpfpmprpbpspop")
	f.Fuzz(func(t *testing.T, steps string) {
		known := strings.Map(func(r rune) rune {
			if strings.ContainsRune("pfmwdgrsolb", r) {
				return r
			}
			return -1
		}, steps)
		polled(t, known[:min(len(known), 40)]+"p")
	})
}

// Only what is new is asked for, and only of a server that numbers its events.
func TestPollsAskForNewEvents(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		s.stream = nil
		var asked []string
		of := newNumberedServer(t)
		server.metrics = func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.RawQuery+" "+r.Header.Get("Accept-Encoding"))
			of.api.ServeHTTP(w, r)
		}
		poll := func() {
			if _, err := s.Poll(t.Context()); err != nil {
				t.Error(err)
			}
		}
		of.happen(20)
		poll()
		of.happen(2)
		poll()
		poll()
		server.metrics = func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.RawQuery)
			_, _ = io.WriteString(w, good)
		}
		poll()
		poll()
		want := "[ gzip events_since=19 gzip events_since=21 gzip events_since=21 ]"
		check(t, "asked for", fmt.Sprint(asked), want)

		s.url.RawQuery = "team=a"
		check(t, "beside another query", withEventsSince(s.url, 7).RawQuery, "team=a&events_since=7")
		_ = of.queue.Shutdown(context.Background())
	})
}

// A stream brings new events only; polls have all, also where they are rarer than frames.
func TestStreamHasTheEventsOfAWholeAnswer(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 3 * time.Second} {
		for _, older := range []bool{false, true} {
			streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
				of := newNumberedServer(t)
				server.metrics, server.stream = of.api.ServeHTTP, of.api.ServeHTTP
				if older {
					server.metrics, server.stream = of.older, of.older
				}
				ours := server.stream
				server.stream = func(w http.ResponseWriter, r *http.Request) {
					check(t, "compressed", r.Header.Get("Accept-Encoding"), "gzip")
					ours(w, r)
				}
				every(interval, 60, s, func(i int, sample Sample, err error, _ time.Duration) {
					if err != nil {
						t.Fatal(err)
					}
					listed(t, fmt.Sprintf("poll %d every %v", i, interval), sample)
					of.happen(i % 9)
					if i == 40 {
						of.happen(500)
					}
				})
				check(t, "streams", server.streams.Load(), 1)
				check(t, "polls that asked", server.polls.Load(), 2)
				_ = of.queue.Shutdown(context.Background())
			})
		}
	}
}

// Of polls at the same time, one that is answered late still has its own events.
func TestAnswersThatComeLate(t *testing.T) {
	answer := func(from, to int) []byte {
		var list []string
		for i := from; i <= to; i++ {
			list = append(list, fmt.Sprintf(`{"nr":%d}`, i))
		}
		return fmt.Appendf(nil, `{"detail":{"eventsTotal":%d,"events":[%s]}}`, to, strings.Join(list, ","))
	}
	var tail eventTail
	for _, step := range []struct {
		since, from, to int
		want            string // empty: to be asked again
	}{
		{-1, 1, 10, string(answer(1, 10))},
		{9, 10, 14, string(answer(1, 14))},
		{9, 10, 12, string(answer(1, 12))}, // it was asked for before the last one
		{13, 14, 15, ""},                   // it is asked for after one that is now forgotten
		{-1, 100, 355, string(answer(100, 355))},
		{50, 51, 60, ""},    // those between are forgotten
		{354, 355, 357, ""}, // and now all
		{-1, 102, 357, string(answer(102, 357))},
		{356, 357, 357, string(answer(102, 357))},
		{357, 358, 358, ""}, // nothing shows that the same server answers
	} {
		whole, ok := tail.complete(answer(step.from, step.to), int64(step.since), step.since >= 0)
		if ok != (step.want != "") || string(whole) != step.want {
			t.Errorf("%+v: got %v, %s", step, ok, whole)
		}
	}
}

// What cannot be understood is handed on as it is.
func TestAnswersWithoutNumbers(t *testing.T) {
	for _, body := range []string{
		"", "<html>", "[]", "{", `{"detail":{"events":[]}`, `{"detail":null}`, `{"detail":{"events":{},"eventsTotal":1}}`, `{"detail":{"events":[]}}`,
		`{"detail":{"events":[1,2],"eventsTotal":1}}`, `{"detail":{"events":[],"eventsTotal":"1"}}`, `{"detail":{"eventsTotal":1}}`,
	} {
		var tail eventTail
		whole, ok := tail.complete([]byte(body), 7, true)
		if _, known := tail.since(); !ok || string(whole) != body || known {
			t.Errorf("%s: got %v, %s, %v", body, ok, whole, known)
		}
	}
}

// A recording has whole answers, however they came.
func TestRecordingsHaveWholeAnswers(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		of := newNumberedServer(t)
		server.metrics, server.stream = of.api.ServeHTTP, of.api.ServeHTTP
		path := filepath.Join(t.TempDir(), "recording")
		recorder := openRecorder(t, path)
		recorded := recorder.Record(s)
		for range 20 { // two by requests, the others by the stream
			of.happen(30)
			if _, err := recorded.Poll(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		}
		check(t, "streams", server.streams.Load(), 1)
		r := NewRecording(strings.NewReader(contents(t, path)))
		for n := range 20 {
			e, err := r.Next()
			if err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			listed(t, fmt.Sprintf("line %d", n+1), e.Sample)
		}
		check(t, "skipped", r.Skipped(), 0)
		_ = of.queue.Shutdown(context.Background())
	})
}
