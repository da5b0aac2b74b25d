package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/client"
)

func TestPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		source := &fakeSource{poll: func(_ context.Context, n int) (client.Sample, error) {
			switch n {
			case 0:
				s := sampleOf(0, 3, 2400*time.Millisecond)
				s.At = time.Now()
				return s, nil
			case 1:
				return client.Sample{}, &client.Failure{Words: "connection refused", Hint: "Is the\x1b[31m server running?"}
			case 3:
				cancel()
				return client.Sample{}, ctx.Err()
			default:
				s := oldWire(sampleOf(n, 12, 2400*time.Millisecond))
				s.At = time.Now()
				return s, nil
			}
		}}
		var out screenBuffer
		if err := Plain(ctx, Options{Source: source, Zone: time.UTC}, &out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		want := []string{
			"00:00:00 healthy: Queue is processing normally | waiting 3 | oldest 5.7 s | p95 wait of 1 min 4.8 s | average wait overall 2.4 s | recent success 95.0% | overall success 95.6% | all start in 6 to 9 s | 24 in, 24 out a minute | in flight 3/16 | per min 23 | users 4 | failed 54 | requests 1,240 | next in 0.6 s",
			"00:00:01 unreachable: connection refused | Is the server running? | next attempt 00:00:0",
			"waiting 12",
		}
		if len(lines) != len(want) {
			t.Fatalf("got %d lines, want %d:\n%s", len(lines), len(want), out.String())
		}
		for i, w := range want {
			if !strings.Contains(lines[i], w) {
				t.Errorf("line %d: got %q, want %q", i+1, lines[i], w)
			}
		}
		for _, w := range []string{"warning: Queue is backing up (12 requests waiting)", "average wait overall 2.4 s", "advice: Consider upgrading"} {
			if !strings.Contains(lines[2], w) {
				t.Errorf("line 3 does not say %q: %q", w, lines[2])
			}
		}
		if strings.ContainsRune(out.String(), 0x1b) {
			t.Error("there is an escape in it")
		}
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPlainEndsWithItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := Plain(t.Context(), Options{Source: steadySource()}, brokenPipe{}); err == nil {
			t.Error("got nil, want the error of writing")
		}
	})
}

// What would help is said where the line warns, and only there.
func TestPlainSaysWhatHelps(t *testing.T) {
	for waiting, want := range map[int]bool{8: true, 2: false} {
		p := plain{options: Options{Source: &fakeSource{}, Zone: time.UTC}.withDefaults(), history: client.NewHistory(time.Second), random: func() float64 { return 0 }}
		line, _, _ := p.line(withAdvice(sampleOf(0, waiting, time.Second), someAdvice()), nil, noon(), noon())
		if got := strings.Contains(line, " | would help: Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s"); got != want {
			t.Errorf("%d waiting: got %q", waiting, line)
		}
	}
}
