package human_test

import (
	"testing"

	"paceline/queue/human"
)

// Only a first letter changes: text from the network may begin with anything.
func TestCapitalize(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "a": "A", "the queue is full": "The queue is full", "Healthy": "Healthy", "15 wait": "15 wait",
		"été": "Été", "\xff\xfe": "\xff\xfe", "…and so on": "…and so on",
	} {
		if got := human.Capitalize(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
