package queue

import (
	"strings"
	"testing"
)

// The promise: a lane is what shares a limit. One lane for Opus 5.5 and Opus 5 made
// the one wait for the other's limit.
func TestModelGroup(t *testing.T) {
	for model, want := range map[string]string{
		"claude-opus-5-5": "opus-5-5", "claude-opus-5": "opus-5", "claude-opus-5-0": "opus-5",
		"claude-opus-4-8": "opus-4", "claude-opus-4-7": "opus-4", "claude-opus-4-6": "opus-4", "claude-opus-4-5": "opus-4",
		"claude-sonnet-5-5": "sonnet-5-5", "claude-sonnet-5": "sonnet-5", "claude-sonnet-4-6": "sonnet-4", "claude-sonnet-4-5": "sonnet-4",
		"claude-haiku-5-5": "haiku-5-5", "claude-haiku-4-5": "haiku-4-5",
		"claude-fable-5": "fable-5", "claude-fable-5-1": "fable-5", "claude-fable-5-2": "fable-5",
		"claude-mythos-5": "mythos-5", "claude-mythos-5-1": "mythos-5",
		// Older ones, each on its own.
		"claude-opus-4-1": "opus-4-1", "claude-opus-4-1-20250805": "opus-4-1", "claude-opus-4-20250514": "opus-4-0", "claude-opus-4-0": "opus-4-0", "claude-opus-4": "opus-4-0",
		"claude-sonnet-4-20250514": "sonnet-4-0", "claude-sonnet-4-0": "sonnet-4-0", "claude-3-7-sonnet-20250219": "sonnet-3-7", "claude-3-7-sonnet-latest": "sonnet-3-7",
		"claude-3-5-haiku-latest": "haiku-3-5", "claude-3-5-sonnet-20241022": "sonnet-3-5", "claude-3-opus-latest": "opus-3", "claude-3-haiku-20240307": "haiku-3",
		// Other names of the same.
		"claude-opus-4-5-20251101": "opus-4", "claude-haiku-4-5-20251001": "haiku-4-5", "claude-sonnet-4-5@20250929": "sonnet-4", "claude-opus-5-5[1m]": "opus-5-5",
		"anthropic/claude-opus-4.5": "opus-4", "anthropic/claude-sonnet-4.5:beta": "sonnet-4", "anthropic.claude-opus-4-5-20251101-v1:0": "opus-4",
		"us.anthropic.claude-sonnet-4-20250514-v1:0": "sonnet-4-0", "vertex_ai/claude-3-5-sonnet-v2@20241022": "sonnet-3-5", "claude-4-5-sonnet": "sonnet-4",
		"bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0": "haiku-4-5", "opus-5": "opus-5",
		// The fast mode has limits of its own.
		"claude-opus-5-5-fast": "opus-5-5-fast", "anthropic/claude-opus-4.6-fast": "opus-4-fast", "opus-4-fast": "opus-4-0-fast",
		// Nobody knows these.
		"claude-opus-5-1": "other", "claude-opus-6": "other", "claude-mythos-preview": "other", "claude-fable-6": "other", "claude-fable-5-123": "other",
		"claude-opus": "other", "claude-": "other", "claude": "other", "": "other", "gpt-4": "other", "opusculum-4": "other", "notclaude-opus-5": "other", "other": "other",
		"claude-20251101": "other", "claude-opus-5\x1b[2J": "other", "claude-2.1": "other", "claude-fable-x": "other", "claude-fable-5-x-1": "other",
		strings.Repeat("a/", 100) + "claude-opus-5": "other",
	} {
		if got := ModelGroup(model); got != want {
			t.Errorf("%q: got %q, want %q", model, got, want)
		}
		if again := ModelGroup(ModelName(model)); again != want {
			t.Errorf("%q, called %q: got %q, want %q", model, ModelName(model), again, want)
		}
	}
}

func TestModelName(t *testing.T) {
	for model, want := range map[string]string{
		"claude-opus-4-5-20251101": "opus-4-5", "us.anthropic.claude-opus-4-5-20251101-v1:0": "opus-4-5", "anthropic/claude-opus-4.5": "opus-4-5",
		"claude-mythos-preview": "mythos-preview", "claude-saga-1-20270101": "saga-1", "claude-3-5-haiku-latest": "haiku-3-5", "claude-2.1": "2-1",
		"claude-opus-4-6-fast": "opus-4-6-fast", "claude-opus-4-6-fast-20260101": "opus-4-6-fast", "claude-sonnet-4-5-thinking": "sonnet-4-5", "gpt-4.1": "gpt-4.1", "": "",
	} {
		if got := ModelName(model); got != want {
			t.Errorf("%q: got %q, want %q", model, got, want)
		}
		if got := ModelName(want); got != want {
			t.Errorf("%q: got %q, want the same", want, got)
		}
	}
}

// A model that is in no group can have a lane by its own name, and never gets into
// that of a group.
func TestNoNameOfAModelIsThatOfAGroupOfOthers(t *testing.T) {
	for _, group := range publishedGroups {
		for _, group := range []string{group, group + fastSuffix} {
			if name := ModelName(group); name == group && ModelGroup(name) != group {
				t.Errorf("%q: a model of this name is in the group %q", group, ModelGroup(name))
			}
		}
	}
}
