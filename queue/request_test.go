package queue

import "testing"

func TestParsePriority(t *testing.T) {
	for word, want := range map[string]Priority{"high": High, "normal": Normal, "low": Low, "": Normal} {
		if got, err := ParsePriority(word); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", word, got, err, want)
		}
	}
	for _, word := range []string{"High", "urgent", " low", "priority 3"} {
		if _, err := ParsePriority(word); err == nil {
			t.Errorf("%q: got no error", word)
		}
	}
	if !Low.Below(Normal) || !Normal.Below(High) || High.Below(High) || High.Below(Low) {
		t.Error("want low below normal below high")
	}
}
