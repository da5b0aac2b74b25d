package sim

import (
	"slices"
	"strings"
	"testing"
)

func TestTier(t *testing.T) {
	for _, s := range []struct {
		tier, group string
		want        Limits
	}{
		{"start", "opus-5.5", Limits{1000, 2_000_000, 400_000, 0}},
		{"start", "haiku-4.5", Limits{1000, 2_000_000, 400_000, 0}},
		{"start", "fable-5.x", Limits{1000, 500_000, 100_000, 0}},
		{"scale", "fable-5.x", Limits{4000, 4_000_000, 800_000, 0}},
		{"tier1", "sonnet-4.x", Limits{50, 30_000, 8_000, 0}},
		{"tier2", "sonnet-4.x", Limits{1000, 0, 0, 0}},
		{"tier3", "opus-4.x", Limits{2000, 0, 0, 0}},
		{"tier4", "other", Limits{4000, 2_000_000, 400_000, 0}},
	} {
		tier, err := Tier(s.tier)
		if err != nil {
			t.Fatal(err)
		}
		if got := tier.Limits.Of(s.group); got != s.want {
			t.Errorf("%s of %s: got %v, want %v", s.group, s.tier, got, s.want)
		}
		if tier.Name != s.tier || tier.InForce == "" {
			t.Errorf("got %+v, want it named %s, and dated", tier, s.tier)
		}
		if err := tier.Limits.Validate(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Tier("build"); err == nil || !strings.Contains(err.Error(), `"build": it may be start, scale, tier1`) {
		t.Errorf("a tier without published limits: got %v, want an error that says which have", err)
	}
	// What a caller changes stays with the caller.
	mine, _ := Tier("tier1")
	mine.Limits[""] = Limits{}
	if again, _ := Tier("tier1"); again.Limits.Of("opus-5.5").RequestsPerMinute != 50 {
		t.Error("a caller changed the table")
	}
}

func TestTierAccount(t *testing.T) {
	for _, name := range TierNames() {
		s, err := TierAccount(name, 7)
		if err != nil || s.Seed != 7 || s.Validate() != nil {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
		if tier, _ := Tier(name); s.Limits.Of("opus-5.5") != tier.Limits.Of("opus-5.5") {
			t.Errorf("%s: got limits %+v, want the tier's", name, s.Limits)
		}
	}
	if _, err := TierAccount("gold", 7); err == nil {
		t.Error("got an account of an unknown tier")
	}
}

func TestCurrentModels(t *testing.T) {
	want := []string{"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2"}
	if got := CurrentModels(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestGroupLimits(t *testing.T) {
	g := GroupLimits{"": {1, 1, 1, 1}, "opus": {2, 2, 2, 2}, "opus-4.x": {3, 3, 3, 3}}
	for group, want := range map[string]int{"opus-4.x": 3, "opus-5.5": 2, "opus": 2, "haiku-4.5": 1, "other": 1, "": 1} {
		if got := g.Of(group).RequestsPerMinute; got != want {
			t.Errorf("%s: got %d, want %d", group, got, want)
		}
	}
	if got := (GroupLimits)(nil).Of("opus-4.x"); got != (Limits{}) {
		t.Errorf("no limits: got %v, want none", got)
	}
	err := GroupLimits{"opus": {-1, 0, maxPerMinute + 1, 0}}.Validate()
	if err == nil || !strings.Contains(err.Error(), `group "opus": sim: requestsPerMinute is -1`) || !strings.Contains(err.Error(), "outputTokensPerMinute") {
		t.Errorf("got %v, want both fields named", err)
	}
}
