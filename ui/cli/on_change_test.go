//go:build unix

package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"paceline/ui"
)

func aChange() ui.Change {
	return ui.Change{
		Level: "critical", Before: "healthy", Message: "$(touch pwned) `touch pwned`; touch pwned\x00", Address: "http://q",
		Since: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC),
	}
}

// What came over the network is data to the command.
func TestOnChangeTellsTheCommand(t *testing.T) {
	dir := t.TempDir()
	on := onChange{command: `cd "$DIR" && env | grep ^PACELINE_ > told; echo to the screen`, env: append(os.Environ(), "DIR="+dir)}
	if err := on.run(t.Context(), aChange()); err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(filepath.Join(dir, "told"))
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(strings.Split(strings.TrimSpace(string(told)), "\n")))
	want := []string{
		"PACELINE_ADDRESS=http://q", "PACELINE_BEFORE=healthy", "PACELINE_LEVEL=critical", "PACELINE_MESSAGE=$(touch pwned) `touch pwned`; touch pwned",
		"PACELINE_RECOMMENDATION=", "PACELINE_SINCE=2026-11-23T14:00:00Z",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("the message was run")
	}
}

// The command is given no token or key of the monitor's, but the rest of its environment.
func TestOnChangeHasNoSecrets(t *testing.T) {
	told := filepath.Join(t.TempDir(), "told")
	on := onChange{command: `env > "$TOLD"`, env: append(os.Environ(), "TOLD="+told, "PACELINE_TOKEN=s3cret", "PACELINE_ADMIN_TOKEN=s3cret",
		"ANTHROPIC_API_KEY=s3cret", "ANTHROPIC_ADMIN_KEY=s3cret", "ANTHROPIC_AUTH_TOKEN=s3cret", "PACELINE_TOKENS=a file", "MY_TOKEN=for a pager")}
	if err := on.run(t.Context(), aChange()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got); strings.Contains(text, "s3cret") || !strings.Contains(text, "PACELINE_TOKENS=a file\n") || !strings.Contains(text, "MY_TOKEN=for a pager\n") {
		t.Error("a token or key of the monitor's is in the environment, or another variable is not")
	}
}

func TestOnChangeFails(t *testing.T) {
	on := onChange{command: "exit 3"}
	if err := on.run(t.Context(), aChange()); err == nil || err.Error() != "--on-change: exit status 3" {
		t.Errorf("got %v, want its exit status", err)
	}
}

// All that the command has started ends with the monitor.
func TestOnChangeEndsWithTheMonitor(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	on := onChange{command: `exec 3> "$FIFO"; sleep 1000 & wait`, env: append(os.Environ(), "FIFO="+fifo)}
	done := make(chan error, 1)
	go func() { done <- on.run(ctx, aChange()) }()
	held, err := os.Open(fifo) // when it has begun
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	cancel()
	if err := <-done; err == nil {
		t.Error("got nil, want that it was ended")
	}
	on.wait()
	if _, err := io.ReadAll(held); err != nil { // when nobody holds it any more
		t.Error(err)
	}
}

func TestOnChangeBoundsTexts(t *testing.T) {
	if got := len(variableText(strings.Repeat("é", onChangeText))); got != onChangeText {
		t.Errorf("got %d bytes, want %d", got, onChangeText)
	}
	if got := variableText("é" + strings.Repeat("ab", onChangeText)); len(got) != onChangeText {
		t.Errorf("got %d bytes, want %d", len(got), onChangeText)
	}
}
