package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"paceline/ui"
	"paceline/ui/cli/command"
)

// onChangeTime is how long the command of --on-change may take.
const onChangeTime = 10 * time.Second

// onChangeText is how much of a text the command is given.
const onChangeText = 1000

// onChange runs the operator's command when things get better or worse. What came over the
// network is in its environment alone, and nothing of it in the command; of the monitor's
// environment it has all but the tokens and keys.
type onChange struct {
	command string
	env     []string
	running sync.Mutex // while the command runs: once at a time
}

// wait returns when the command does not run.
func (o *onChange) wait() {
	o.running.Lock()
	defer o.running.Unlock()
}

// run runs the command once. Its output is dropped, and it has no terminal: the screen is
// the monitor's. All that it has started ends with ctx or after the time it may take.
func (o *onChange) run(ctx context.Context, c ui.Change) error {
	o.running.Lock()
	defer o.running.Unlock()
	ctx, cancel := context.WithTimeout(ctx, onChangeTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", o.command) //nolint:gosec // it is the operator's own
	cmd.Env = slices.Concat(command.WithoutSecrets(o.env), changeVariables(c))
	detach(cmd)
	err := cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("--on-change: ended after %v", onChangeTime)
	case err != nil:
		return fmt.Errorf("--on-change: %w", err)
	default:
		return nil
	}
}

// changeVariables tell the command what has changed.
func changeVariables(c ui.Change) []string {
	return []string{
		"PACELINE_LEVEL=" + c.Level,
		"PACELINE_BEFORE=" + c.Before,
		"PACELINE_MESSAGE=" + variableText(c.Message),
		"PACELINE_RECOMMENDATION=" + variableText(c.Recommendation),
		"PACELINE_ADDRESS=" + variableText(c.Address),
		"PACELINE_SINCE=" + c.Since.Format(time.RFC3339),
	}
}

// variableText bounds a text, and drops what no variable can hold.
func variableText(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) > onChangeText {
		s = strings.ToValidUTF8(s[:onChangeText], "")
	}
	return s
}
