package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paceline/client"
	"paceline/queue"
	"paceline/ui/cli/logging"
)

func TestLogFileIsAppendedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	for _, line := range []string{"one", "two"} {
		w, closeLog, err := openLog(path)
		if err != nil {
			t.Fatal(err)
		}
		logging.Observer(logging.Pretty, w)(queue.Event{Kind: queue.KindCompleted, User: line})
		if err := closeLog(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if want := "✅ [QUEUE] Request completed for one\n✅ [QUEUE] Request completed for two\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// script is a source whose polls answer what it says, in turn.
type script []error

func (s *script) Poll(context.Context) (client.Sample, error) {
	err := (*s)[0]
	*s = (*s)[1:]
	return client.Sample{}, err
}
func (s *script) Reset(context.Context) error { return errors.New("the server\x1b refuses") }
func (s *script) Close() error                { return nil }
func (s *script) Name() string                { return "q:3000" }

func TestLoggedSourceSaysOnceThatItIsAway(t *testing.T) {
	away := errors.New("connection refused")
	var b bytes.Buffer
	s := &loggedSource{Source: &script{nil, away, away, nil, nil, away}, log: logging.New(logging.Text, &b)}
	for range 6 {
		_, _ = s.Poll(t.Context())
	}
	_ = s.Reset(t.Context())
	var got []string
	for line := range strings.Lines(b.String()) {
		_, rest, _ := strings.Cut(line, " ") // the time
		rest, _, _ = strings.Cut(strings.TrimSpace(rest), " after=")
		got = append(got, rest)
	}
	want := []string{
		`level=WARN msg=unreachable queue=q:3000 error="connection refused"`,
		`level=INFO msg="live again" queue=q:3000`,
		`level=WARN msg=unreachable queue=q:3000 error="connection refused"`,
		`level=WARN msg="reset failed" queue=q:3000 error="the server\\x1b refuses"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// tuned is a tuner that says what it is.
type tuned struct{ err error }

func (t tuned) Tune(context.Context, []client.Change) error { return t.err }

func (t tuned) SetPace(context.Context, string) error { return t.err }

// ended is a resumer that says what it is.
type ended struct{ err error }

func (e ended) Resume(context.Context, string) error { return e.err }

func TestLoggedResumerWritesEachPause(t *testing.T) {
	var b bytes.Buffer
	s := &loggedSource{Source: &script{}, log: logging.New(logging.Text, &b)}
	refused := errors.New("the server\x1b refuses")
	for _, err := range []error{nil, refused} {
		if got := (loggedResumer{ended{err}, s}).Resume(t.Context(), "org_1/sonnet-5"); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	for _, want := range []string{
		`level=INFO msg="pause ended" queue=q:3000 lane=org_1/sonnet-5`,
		`level=WARN msg="pause not ended" queue=q:3000 lane=org_1/sonnet-5 error="the server\\x1b refuses"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
		}
	}
}

// lined is a list of who waits whose changes answer what it says.
type lined struct {
	client.Line
	err error
}

func (l lined) Cancel(context.Context, client.RequestRef) error              { return l.err }
func (l lined) CancelUser(context.Context, client.Name) (int, error)         { return 3, l.err }
func (l lined) SetPriority(context.Context, client.RequestRef, string) error { return l.err }
func (l lined) SetUserPriority(context.Context, client.Name, string) (int, error) {
	return 3, l.err
}

func TestLoggedLineWritesEachChange(t *testing.T) {
	var b bytes.Buffer
	s := &loggedSource{Source: &script{}, log: logging.New(logging.Text, &b)}
	refused := errors.New("the server\x1b refuses")
	for _, err := range []error{nil, refused} {
		l, name := loggedLine{lined{err: err}, s}, client.NameOf("a\x1b[2Jb")
		one := client.RequestRef{ID: name, User: client.NameOf("u")}
		n, failed := l.CancelUser(t.Context(), name)
		m, also := l.SetUserPriority(t.Context(), name, "low")
		for _, got := range []error{failed, also, l.Cancel(t.Context(), one), l.SetPriority(t.Context(), one, "high")} {
			if !errors.Is(got, err) || n != 3 || m != 3 {
				t.Errorf("got %v, %d and %d, want %v, 3", got, n, m, err)
			}
		}
	}
	for _, want := range []string{
		`level=INFO msg="request cancelled" queue=q:3000 id=a‹1b›[2Jb user=u`,
		`level=INFO msg="requests cancelled" queue=q:3000 user=a‹1b›[2Jb requests=3`,
		`level=INFO msg="priority changed" queue=q:3000 id=a‹1b›[2Jb user=u priority=high`,
		`level=INFO msg="priorities changed" queue=q:3000 user=a‹1b›[2Jb priority=low requests=3`,
		`level=WARN msg="not done: request cancelled" queue=q:3000 id=a‹1b›[2Jb user=u error="the server\\x1b refuses"`,
		`level=WARN msg="not done: priorities changed" queue=q:3000 user=a‹1b›[2Jb priority=low requests=3 error="the server\\x1b refuses"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
		}
	}
}

func TestLoggedTunerWritesEachChange(t *testing.T) {
	var b bytes.Buffer
	s := &loggedSource{Source: &script{}, log: logging.New(logging.Text, &b)}
	refused := errors.New("the server\x1b refuses")
	for _, err := range []error{nil, refused} {
		if got := (loggedTuner{tuned{err}, s}).Tune(t.Context(), []client.Change{{Field: "minDelayMs", Value: 1600}, {Field: "attempts", Value: 4}}); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
		if got := (loggedTuner{tuned{err}, s}).SetPace(t.Context(), queue.PaceOff); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	for _, want := range []string{
		`level=INFO msg="pace changed" queue=q:3000 pace=off`,
		`level=WARN msg="pace not changed" queue=q:3000 pace=off error="the server\\x1b refuses"`,
		`level=INFO msg="setting changed" queue=q:3000 field=minDelayMs value=1600`,
		`level=INFO msg="setting changed" queue=q:3000 field=attempts value=4`,
		`level=WARN msg="setting not changed" queue=q:3000 field=minDelayMs value=1600 error="the server\\x1b refuses"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
		}
	}
}
