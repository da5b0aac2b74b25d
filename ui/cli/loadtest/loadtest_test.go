package loadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/client"
	"paceline/client/loadtest"
	"paceline/queue"
	"paceline/queue/api"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// loaded is a server to put a load on: the metrics of a queue, and both routes,
// answered at once.
type loaded struct {
	*httptest.Server
	answer func(w http.ResponseWriter) // of a message

	mu   sync.Mutex
	seen []*http.Request // messages, without their bodies; guarded by mu
}

func newLoaded(t *testing.T, simulated bool, answer func(w http.ResponseWriter)) *loaded {
	t.Helper()
	return newLoadedBy(t, queue.DefaultSettings(), func() (bool, bool) { return simulated, true }, answer)
}

// newLoadedBy has a queue that works by s.
func newLoadedBy(t *testing.T, s queue.Settings, simulated func() (bool, bool), answer func(w http.ResponseWriter)) *loaded {
	t.Helper()
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	metrics := api.New(q, api.Options{Simulated: simulated})
	l := &loaded{answer: answer}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != loadtest.Messages.Path() && r.URL.Path != loadtest.Chat.Path():
			metrics.ServeHTTP(w, r)
		case r.Method != http.MethodPost:
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			_, _ = io.Copy(io.Discard, r.Body)
			l.mu.Lock()
			l.seen = append(l.seen, r)
			l.mu.Unlock()
			l.answer(w)
		}
	}))
	t.Cleanup(l.Close)
	return l
}

// messages returns the messages that came.
func (l *loaded) messages() []*http.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.seen)
}

func well(w http.ResponseWriter) {
	fmt.Fprint(w, `{"type":"message","content":[],"response":"hi"}`)
}

func refused(w http.ResponseWriter) {
	w.WriteHeader(http.StatusTooManyRequests)
	fmt.Fprint(w, `{"type":"error","error":{"type":"rate_limit_error","message":"slow down, sk-ant-secret"}}`)
}

// loadtestProgram returns a program that has only the command loadtest.
func loadtestProgram(a *command.App) *cobra.Command {
	root := &cobra.Command{Use: "paceline"}
	root.AddCommand(Command(a))
	return root
}

// paceline runs the program.
func paceline(t *testing.T, env []string, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = command.Execute(t.Context(), args, command.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}, env, loadtestProgram)
	return code, stdout.String(), stderr.String()
}

func TestLoadtestReports(t *testing.T) {
	l := newLoaded(t, true, well)
	code, out, said := paceline(t, nil, "loadtest", "moderate", l.URL)
	if code != command.ExitOK {
		t.Errorf("got exit code %d, want %d; it said: %s", code, command.ExitOK, said)
	}
	for _, want := range []string{
		"Load test moderate: 5 users × 3 messages\n",
		"on " + l.URL + "/v1/messages, whole answers, simulated API\n",
		"Total requests:    15\n", "Successful:        15\n", "Failed:            0\n", "429 to a client:   0\n",
		"Average:  ", "Min:  ", "Max:  ", "p50, p95, p99:  ", "Throughput:  ", "Fairness:  ",
		"Status:            healthy\n", "Success Rate:      –\n", "Average Wait Time: ", "Message:           Queue is processing normally\n",
		"\nPublished                          5.8 s      12 s\n",
		"\nComputed, answers of 1.5 s         9.6 s      12 s\n",
		"The queue's settings: 1.5 s + 200 ms for each waiting, at most 10 s; 16 at once.\n",
		"Verdict: faster than computed (-100%)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if want := "paceline: moderate: 5 users × 3 messages on " + l.URL + "/v1/messages\n"; said != want {
		t.Errorf("stderr: got %q, want %q", said, want)
	}
	if got := len(l.messages()); got != 15 {
		t.Errorf("the server got %d messages, want 15", got)
	}
}

// Where the account's limits decide, the spacing is not what is expected, and to be
// sooner than computed is no fault.
func TestLoadtestOfAnAdaptiveQueue(t *testing.T) {
	s := queue.DefaultSettings()
	s.Adaptive = true
	answered := false
	simulated := func() (bool, bool) { return answered, answered }
	l := newLoadedBy(t, s, simulated, func(w http.ResponseWriter) {
		w.Header().Set("X-Paceline-Lane", "org/haiku-5")
		w.Header().Set("Anthropic-Ratelimit-Requests-Limit", "4000")
		well(w)
	})
	if code, _, said := paceline(t, nil, "loadtest", "heavy", l.URL); code != command.ExitUsage || !strings.Contains(said, "has not heard from its API yet, and cannot say that it is simulated: 20 messages to it may cost money; add --yes") {
		t.Errorf("before the first answer: got exit code %d, %s", code, said)
	}
	answered = true
	_, out, _ := paceline(t, nil, "loadtest", "heavy", l.URL)
	for _, want := range []string{
		"\nComputed, answers of 1.5 s         1.5 s     1.5 s\n",
		"The queue's settings: adaptive, 4,000 requests a minute as the API tells; 1,000 at once.\n",
		"Verdict: as early as the account's limits allow (-",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	_, out, _ = paceline(t, nil, "loadtest", "heavy", l.URL, "--json")
	for _, want := range []string{`"pace":"adaptive"`, `"requestsPerMinute":4000`, `"computed":{"averageMs":1500,`} {
		if !strings.Contains(out, want) {
			t.Errorf("the JSON lacks %s: %s", want, out)
		}
	}
}

// What lies between a queue that knew its limits and one that had to learn them is
// as computed.
func TestLoadtestBetweenKnownAndLearned(t *testing.T) {
	plan, _ := loadtest.Named("heavy")
	s := queue.DefaultSettings()
	s.Adaptive = true
	told := client.Sample{Detail: &client.Detail{Pace: client.Some(queue.PaceAdaptive), Settings: client.SettingsOf(s)}}
	for _, c := range []struct {
		average time.Duration
		verdict string
	}{
		{1000 * time.Millisecond, "as early as the account's limits allow (-33% against what was computed): more is free than was told"},
		{1500 * time.Millisecond, "as computed (-4%)"}, // the queue knew its limits
		{1560 * time.Millisecond, "as computed (+0%)"},
		{3000 * time.Millisecond, "slower than computed (+92%): a limit of tokens was waited for, others use the queue or the account, or the API is slower than told"},
	} {
		r := loadRun{result: loadtest.Result{
			Plan: plan, Succeeded: 20, Sent: 20, Times: loadtest.Times{Average: c.average, Max: c.average}, Lane: "org/haiku-5", PerMinute: 50,
		}}
		r.Assessment = loadtest.Assess(r.result, &told, &told)
		if got := r.verdict(); got != c.verdict {
			t.Errorf("%v: got %q, want %q", c.average, got, c.verdict)
		}
	}
}

func TestLoadtestFails(t *testing.T) {
	l := newLoaded(t, true, refused)
	code, out, _ := paceline(t, []string{"PACELINE_TOKEN=sk-ant-secret"}, "loadtest", l.URL, "--users", "3")
	if code != command.ExitFailed {
		t.Errorf("got exit code %d, want %d", code, command.ExitFailed)
	}
	for _, want := range []string{
		"Failed:            3\n", "429 to a client:   3\n", "Average:           –, nothing succeeded\n",
		"3 × 429 rate_limit_error: slow down, [hidden]\n", "Verdict: not to be compared: nothing succeeded\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "Published") {
		t.Errorf("a load of one's own has published figures:\n%s", out)
	}
}

func TestLoadtestInJSON(t *testing.T) {
	l := newLoaded(t, true, well)
	code, out, _ := paceline(t, nil, "loadtest", l.URL, "--json", "--route", "chat", "--users", "2", "--messages", "2", "--gap", "1ms")
	var got reportJSON
	if err := json.Unmarshal([]byte(out), &got); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("got %v, want one line of JSON: %s", err, out)
	}
	r := got.Runs[0]
	switch {
	case code != command.ExitOK || got.Exit != code || len(got.Runs) != 1:
		t.Errorf("got exit %d and %d in JSON, %d runs, want 0 and one run", code, got.Exit, len(got.Runs))
	case got.Route != "chat" || got.Target != l.URL || !got.Simulated || got.Own || got.Streamed:
		t.Errorf("got %+v, want the chat route, simulated, not our own", got)
	case r.Total != 4 || r.Successful != 4 || r.Times == nil || r.Times.Count != 4 || r.Corrected == nil || r.FirstText != nil:
		t.Errorf("got %s, want 4 successes, corrected times and no first text", out)
	case r.Name != nil || r.Users != 2 || *r.Messages != 2 || *r.GapMs != 1 || r.Rate != nil || len(r.PerUser) != 2 || *r.Fairness <= 0:
		t.Errorf("got %s, want the plan and two users", out)
	case len(r.Outcomes) != 1 || r.Outcomes[0].Kind != "200" || r.Outcomes[0].First != nil || len(r.Histogram) == 0:
		t.Errorf("got %s, want one outcome and a histogram", out)
	case r.Queue == nil || r.Queue.Status.Value != "healthy" || !strings.Contains(out, `"settings":{"told":true,"pace":"spaced","minDelayMs":1500,`):
		t.Errorf("got %s, want the queue's words and settings", out)
	case r.Comparison.Published != nil || r.Comparison.Computed == nil || r.Comparison.ServiceMs != 1500 || r.Comparison.Judgement != "faster than computed":
		t.Errorf("got %+v, want a comparison with what is computed", r.Comparison)
	}
}

// Whoever is not simulated gets nothing without --yes, and the API's key only on
// its own route; a simulated API never gets it.
func TestLoadtestIsCarefulWithMoneyAndKeys(t *testing.T) {
	env := []string{"ANTHROPIC_API_KEY=sk-real", "PACELINE_TOKEN=tok"}
	for _, c := range []struct {
		name                string
		simulated           bool
		args                []string
		sent                int
		key, bearer, ourTok string
	}{
		{"not simulated", false, nil, 0, "", "", ""},
		{"not simulated, agreed", false, []string{"--yes"}, 1, "sk-real", "", "tok"},
		{"not simulated, chat", false, []string{"--yes", "--route", "chat"}, 1, "", "Bearer tok", "tok"},
		{"not simulated, own key", false, []string{"--yes", "--header", "x-api-key: mine"}, 1, "mine", "", "tok"},
		{"not simulated, own authorization", false, []string{"--yes", "--header", "Authorization: Bearer mine"}, 1, "", "Bearer mine", "tok"},
		{"simulated", true, nil, 1, "sk-loadtest", "", "tok"},
	} {
		l := newLoaded(t, c.simulated, well)
		code, _, said := paceline(t, env, append([]string{"loadtest", l.URL, "--users", "1"}, c.args...)...)
		seen := l.messages()
		if len(seen) != c.sent {
			t.Errorf("%s: got %d messages, want %d; it said: %s", c.name, len(seen), c.sent, said)
			continue
		}
		if c.sent == 0 {
			if want := "1 message to it may cost money; add --yes"; code != command.ExitUsage || !strings.Contains(said, want) {
				t.Errorf("%s: got exit code %d and %q, want %d and %q", c.name, code, said, command.ExitUsage, want)
			}
			continue
		}
		for name, want := range map[string]string{"X-Api-Key": c.key, "Authorization": c.bearer, "X-Paceline-Token": c.ourTok} {
			if got := seen[0].Header.Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", c.name, name, got, want)
			}
		}
	}
}

func TestLoadtestAddresses(t *testing.T) {
	l := newLoaded(t, true, well)
	host := strings.TrimPrefix(l.URL, "http://")
	for _, c := range []struct{ address, path, authorization string }{
		{l.URL, "/v1/messages", ""},
		{host, "/v1/messages", ""},
		{l.URL + "/", "/v1/messages", ""},
		{l.URL + "/v1/messages", "/v1/messages", ""},
		{l.URL + "/api/between/chat", "/api/between/chat", ""},
		{l.URL + "/api/queue/metrics", "/v1/messages", ""},
		{"http://joe:secret@" + host, "/v1/messages", "Basic am9lOnNlY3JldA=="},
	} {
		code, out, said := paceline(t, nil, "loadtest", c.address, "--users", "1")
		if code != command.ExitOK || strings.Contains(out+said, "secret") {
			t.Errorf("%s: got exit code %d and %s%s, want %d and no secret", c.address, code, out, said, command.ExitOK)
			continue
		}
		seen := l.messages()
		last := seen[len(seen)-1]
		if last.URL.Path != c.path || last.Header.Get("Authorization") != c.authorization {
			t.Errorf("%s: got %s with %q, want %s with %q", c.address, last.URL.Path, last.Header.Get("Authorization"), c.path, c.authorization)
		}
	}
}

func TestLoadtestUsage(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list.json")
	if err := os.WriteFile(list, []byte("[1]"), 0o600); err != nil {
		t.Fatal(err)
	}
	const url = "http://127.0.0.1:1"
	for _, c := range []struct{ args, want string }{
		{"murderous", `"murderous" is neither a load nor an address: try paceline loadtest light, moderate, heavy or all http://HOST:PORT`},
		{"light heavy", "one load at a time: light and heavy were given; all runs the three"},
		{url + " " + url, "one address at a time: 2 were given"},
		{"light --users 3", "--users is for a load of your own: leave it out, or leave light out"},
		{"--users 0", "--users is 0: must be from 1 to 10000"},
		{"--users 3 --messages 0 --gap -1s", "--messages is 0: must be from 1 to 333333; --gap is -1s: must be from 0s to 24h0m0s"},
		{"--count 3", "--count goes with --rate: add it, or say --messages"},
		{"--rate 0", "--rate is 0: must be above 0"},
		{"--rate NaN", "--rate is NaN: must be from 0.001 to 10000"},
		{"--rate 1 --messages 3", "--messages has no meaning with --rate"},
		{"--rate 1 --count 3 --duration 3s", "--count and --duration say the same"},
		{"--rate 0.1 --duration 1s", "the number of messages, --count or --rate by --duration, is 0: must be from 1 to 1000000"},
		{"--route phone", `--route is "phone": must be auto, chat or messages`},
		{"--timeout 2h", "--timeout is 2h0m0s: must be above 0 and at most 1h0m0s"},
		{"--give-up 11m", "--give-up is 11m0s: must be from 0 (never) to --timeout, 10m0s"},
		{"--give-up 1m --overlap -1s", "--overlap is -1s: must be from 0 to 1h0m0s"},
		{"--overlap 1s", "--overlap goes with --give-up: add it, or leave --overlap out"},
		{"--max-tokens 0", "--max-tokens is 0: must be from 1 to 1000000"},
		{"--body no/such/file", "--body no/such/file: no such file or directory"},
		{"--body " + list, "is no JSON object: must be what a request would send"},
		{"--token t", "--token is for a queue elsewhere: add its address"},
		{url + " --min-delay 1s", "--min-delay is for a queue of our own: leave it out, or leave the address out"},
		{"--min-delay 3s --max-delay 2s", "--max-delay is 2s: must be from 3s to 1h0m0s"},
		{"--no-such-flag", "there is no flag --no-such-flag, see paceline loadtest --help"},
	} {
		code, out, said := paceline(t, nil, append([]string{"loadtest"}, strings.Fields(c.args)...)...)
		if code != command.ExitUsage || out != "" || !strings.HasPrefix(said, "paceline: ") || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", c.args, code, said, command.ExitUsage, c.want)
		}
	}
}

func TestLoadtestWithoutAnybodyThere(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>")
	}))
	defer page.Close()
	for address, want := range map[string]string{
		"http://127.0.0.1:1": "paceline: http://127.0.0.1:1: connection refused; does anything answer at",
		page.URL:             "neither /v1/messages nor /api/between/chat is at " + page.URL,
	} {
		if code, _, said := paceline(t, nil, "loadtest", address); code != command.ExitFailed || !strings.Contains(said, want) {
			t.Errorf("got exit code %d and %q, want %d and %q", code, said, command.ExitFailed, want)
		}
	}
}

// The older deployment has a key of its own and must not get ours.
func TestLoadtestKeepsTheKeyFromTheChatRoute(t *testing.T) {
	l := newLoaded(t, false, well)
	code, _, said := paceline(t, []string{"ANTHROPIC_API_KEY=sk-real"}, "loadtest", l.URL, "--users", "1", "--yes", "--route", "chat")
	seen := l.messages()
	if code != command.ExitOK || len(seen) != 1 {
		t.Fatalf("got exit code %d and %d messages, want %d and one; it said: %s", code, len(seen), command.ExitOK, said)
	}
	if key := seen[0].Header.Get("X-Api-Key"); key != "" {
		t.Errorf("got the key %q, want none", key)
	}
}
