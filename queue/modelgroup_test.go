package queue

import "testing"

func TestModelGroup(t *testing.T) {
	for model, want := range map[string]string{
		"claude-opus-5-5": "opus-5", "claude-opus-5": "opus-5", "claude-opus-4-8": "opus-4", "claude-opus-4-20250514": "opus-4",
		"claude-haiku-4-5-20251001": "haiku-4", "claude-3-5-sonnet-20241022": "sonnet-3", "claude-fable-5-1": "fable-5",
		"claude-sonnet": "sonnet", "": "other", "gpt-4": "other", "opusculum-4": "other",
	} {
		if got := ModelGroup(model); got != want {
			t.Errorf("%q: got %q, want %q", model, got, want)
		}
	}
}
