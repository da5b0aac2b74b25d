package cli_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"paceline/ui/cli"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a test waits for what must come. It is no promise about
// speed: it only keeps a test that hangs from hanging for ever.
const patience = time.Minute

func TestMain(m *testing.M) {
	// The tests mostly wait for programs: more of them at a time than there are
	// processors, unless -parallel says how many.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	paceline := func(stderr io.Writer) {
		streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: stderr}
		os.Exit(cli.Main(context.Background(), os.Args[1:], streams, os.Environ()))
	}
	testscript.Main(m, map[string]func(){
		"paceline":       func() { paceline(os.Stderr) },
		"paceline-stuck": func() { paceline(&stuckStderr{}) },
	})
}

// stuckStderr takes nothing any more once the program has begun to stop: a
// terminal that was halted with ctrl-s.
type stuckStderr struct{ mu sync.Mutex }

// Write implements io.Writer.
func (s *stuckStderr) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := os.Stderr.Write(p)
	if bytes.Contains(p, []byte("once more to stop")) {
		select {} // and nobody else gets the lock
	}
	return n, err
}

// serveWaiting runs a program that serves, in which so many requests wait for long. The channel
// is closed when it has ended.
func serveWaiting(t *testing.T, program string, waiting int, args ...string) (r *run, ended <-chan struct{}) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--users", "0", "--pace", "spaced", "--min-delay", "20s", "--max-delay", "20s"}, args...)
	r = &run{cmd: exec.Command(path, args...)}
	r.cmd.Env, r.cmd.Stderr = environment(t), &r.output
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.cmd.Wait() // how it ended is looked at by the test
	}()
	chat := r.output.until(t.Fatalf, regexp.MustCompile(`ANTHROPIC_BASE_URL=(\S+)`))[1] + "/api/between/chat"
	var asked sync.WaitGroup
	t.Cleanup(asked.Wait)
	t.Cleanup(func() { _ = r.cmd.Process.Kill() })
	for i := range waiting + 1 { // one starts at once
		asked.Go(func() {
			if answer, err := http.Post(chat, "application/json", strings.NewReader(`{"message": "Hello", "userId": "u"}`)); err == nil {
				_ = answer.Body.Close()
			}
		})
		r.output.until(t.Fatalf, regexp.MustCompile(fmt.Sprintf(`added for \S+ \(queue: %d\)`, max(i, 1))))
	}
	return r, done
}

// Whoever stops a gateway is told how many wait, also where they are all sent away at once:
// "nobody waits" was said when that had just been done.
func TestAStopSaysHowManyWait(t *testing.T) {
	r, ended := serveWaiting(t, "paceline", 2, "--drain", "0s")
	_ = r.cmd.Process.Signal(os.Interrupt)
	r.output.until(t.Fatalf, regexp.MustCompile("stops in 0 s: about 0 of 2 waiting are served, the others are told to come back; once more to stop at once"))
	select {
	case <-ended:
	case <-time.After(patience):
		t.Errorf("it has not ended after %v", patience)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	r, ended := serveWaiting(t, "paceline-stuck", 1) // so that the first signal does not end it by itself
	_ = r.cmd.Process.Signal(os.Interrupt)
	r.output.until(t.Fatalf, regexp.MustCompile("once more to stop at once"))

	// The first signal is being handled, but maybe not to its end: go on until
	// one counts as the second.
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(patience)
	for {
		_ = r.cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
			if status := r.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
				t.Errorf("got %v, want it to be ended by the signal", r.cmd.ProcessState)
			}
			return
		case <-again.C:
		case <-timeout:
			_ = r.cmd.Process.Kill()
			t.Fatalf("a second signal did not end it in %v", patience)
		}
	}
}

// The stories in testdata/stories drive the program as a user does. Beside the
// commands of testscript they know:
//
//	exits CODE program args…          runs it; the exit code must be CODE
//	endpoint NAME FILE STATUS         serves FILE as the metrics, $NAME is the address; each request is kept in NAME.request
//	taken NAME                        listens on a port, $NAME is host:port
//	begin NAME PATTERN program args…  runs it beside the story, returns when its output matches, $NAME is the first group
//	await NAME PATTERN                returns when its output since the last match matches again
//	fetch HOST NAME STATUS            asks the server at $NAME for its metrics under the name HOST
//	end NAME SIGNAL CODE              signals it and waits; its output is in NAME.out
func TestStories(t *testing.T) {
	wire, err := filepath.Abs(filepath.Join("testdata", "wire"))
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := filepath.Abs(filepath.Join("testdata", "recorded"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "stories"),
		RequireExplicitExec: true,
		Condition: func(condition string) (bool, error) {
			if condition == "race" {
				return raceEnabled, nil
			}
			return false, fmt.Errorf("no condition is called %q", condition)
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("WIRE", wire)
			env.Setenv("RECORDED", recorded)
			for _, name := range homes { // nobody's own tokens and counters
				env.Setenv(name, filepath.Join(env.WorkDir, strings.ToLower(name)))
			}
			env.Values[runsKey{}] = map[string]*run{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "endpoint": endpoint, "taken": taken, "begin": begin, "await": await, "fetch": fetch, "ask": ask, "end": end,
		},
	})
}

// homes are the variables that say where a program keeps its things.
var homes = []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"}

// environment is that of a program that finds nothing of its user's: no tokens, no state
// of another run.
func environment(t *testing.T, more ...string) []string {
	env := os.Environ()
	for _, name := range homes {
		env = append(env, name+"="+t.TempDir())
	}
	return append(append(env, "PACELINE_TOKEN="), more...)
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code = -1
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Exec returns it as it is
			code = exit.ExitCode()
		}
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("%v: got exit code %d, want %s", args[1:], code, args[0])
	}
}

func endpoint(ts *testscript.TestScript, _ bool, args []string) {
	body := []byte(ts.ReadFile(args[1]))
	status, err := strconv.Atoi(args[2])
	ts.Check(err)
	request := ts.MkAbs(args[0] + ".request")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_ = r.Write(&b)
		_ = os.WriteFile(request, b.Bytes(), 0o600)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

func taken(ts *testscript.TestScript, _ bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = ln.Close() })
	ts.Setenv(args[0], ln.Addr().String())
}

type runsKey struct{} // of the programs that run beside a story, by name

func runs(ts *testscript.TestScript) map[string]*run {
	return ts.Value(runsKey{}).(map[string]*run)
}

func begin(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[2])
	ts.Check(err)
	r := &run{cmd: exec.Command(path, args[3:]...)}
	r.cmd.Dir = ts.MkAbs(".")
	r.cmd.Env = os.Environ()
	for _, name := range append(homes, "PACELINE_TOKEN", "PACELINE_ADDR", "PACELINE_USERS", "PACELINE_MIN_DELAY", "PACELINE_ALLOW_HOST", "PACELINE_NO_STATE", "ANTHROPIC_ADMIN_KEY") {
		r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
	}
	r.cmd.Stdout, r.cmd.Stderr = &r.output, &r.output
	ts.Check(r.cmd.Start())
	ts.Defer(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	runs(ts)[args[0]] = r
	groups := r.output.until(ts.Fatalf, regexp.MustCompile(args[1]))
	if len(groups) > 1 {
		ts.Setenv(args[0], groups[1])
	}
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	runs(ts)[args[0]].output.until(ts.Fatalf, regexp.MustCompile(args[1]))
}

func fetch(ts *testscript.TestScript, _ bool, args []string) {
	r, err := http.NewRequest("GET", ts.Getenv(args[1])+"/api/queue/metrics", nil)
	ts.Check(err)
	r.Host = args[0]
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if got := strconv.Itoa(answer.StatusCode); got != args[2] {
		ts.Fatalf("asked as %s: got %s %s, want %s", args[0], got, body, args[2])
	}
}

// ask sends a request to a model, which is to be answered with one token.
func ask(ts *testscript.TestScript, _ bool, args []string) {
	body := fmt.Sprintf(`{"model":%q,"max_tokens":1,"messages":[{"role":"user","content":"hello"}]}`, args[1])
	r, err := http.NewRequest("POST", ts.Getenv(args[0])+"/v1/messages", strings.NewReader(body))
	ts.Check(err)
	r.Header = http.Header{"X-Api-Key": {"sk-sim-acme"}, "Anthropic-Version": {"2023-06-01"}}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer func() { _ = answer.Body.Close() }()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		ts.Fatalf("%s: got %d %s (%v), want 200", args[1], answer.StatusCode, text, err)
	}
}

func end(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	r := runs(ts)[args[0]]
	ts.Check(r.cmd.Process.Signal(signals[args[1]]))
	kill := time.AfterFunc(patience, func() { _ = r.cmd.Process.Kill() })
	_ = r.cmd.Wait() // the exit code is compared below
	kill.Stop()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), r.output.all(), 0o600))
	if got := strconv.Itoa(r.cmd.ProcessState.ExitCode()); got != args[2] {
		ts.Fatalf("%s: got exit code %s, want %s; it said:\n%s", args[0], got, args[2], r.output.all())
	}
}

// run is a program that runs beside a story.
type run struct {
	cmd    *exec.Cmd
	output transcript
}

// transcript keeps what a program writes and lets a test wait for it. It is safe
// for concurrent use.
type transcript struct {
	mu    sync.Mutex
	bytes []byte
	read  int           // up to where until has matched
	grown chan struct{} // closed by the next Write; nil if nobody waits
}

var _ io.Writer = (*transcript)(nil)

// Write implements io.Writer.
func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	if t.grown != nil {
		close(t.grown)
		t.grown = nil
	}
	return len(p), nil
}

// until returns when what came after the last match matches pattern, with the
// groups of the match. It fails the test when its patience is over.
func (t *transcript) until(fatalf func(string, ...any), pattern *regexp.Regexp) []string {
	timeout := time.After(patience)
	for {
		groups, grown := t.match(pattern)
		if groups != nil {
			return groups
		}
		select {
		case <-grown:
		case <-timeout:
			said := t.all()
			fatalf("%v did not come in %v; the last that came is:\n%q", pattern, patience, said[max(0, len(said)-3000):])
			return nil
		}
	}
}

// match looks for pattern once. If it is not there it returns a channel that is
// closed when there is more to look at.
func (t *transcript) match(pattern *regexp.Regexp) ([]string, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest := t.bytes[t.read:]
	if at := pattern.FindSubmatchIndex(rest); at != nil {
		var groups []string
		for i := 0; i < len(at); i += 2 {
			groups = append(groups, string(rest[max(at[i], 0):max(at[i+1], 0)]))
		}
		t.read += at[1]
		return groups, nil
	}
	if t.grown == nil {
		t.grown = make(chan struct{})
	}
	return nil, t.grown
}

func (t *transcript) all() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.bytes)
}
