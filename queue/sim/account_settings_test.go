package sim

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAccountSettings(t *testing.T) {
	if err := DefaultAccountSettings().Validate(); err != nil {
		t.Errorf("the defaults: got %v", err)
	}
	if err := (AccountSettings{}).Validate(); err != nil {
		t.Errorf("nothing: got %v", err)
	}
	if err := rough(1).Validate(); err != nil {
		t.Errorf("everything: got %v", err)
	}
	for want, change := range map[string]func(*AccountSettings){
		`limits: group "": sim: requestsPerMinute is -1`:       func(s *AccountSettings) { s.Limits[""] = Limits{RequestsPerMinute: -1} },
		`workspace "lab": group "": sim: inputTokensPerMinute`: func(s *AccountSettings) { s.Workspaces["lab"][""] = Limits{InputTokensPerMinute: -1} },
		`changes[0].at is -1s`:                                 func(s *AccountSettings) { s.Changes[0].At = -time.Second },
		`changes[0]: group "": sim: outputTokensPerMinute`:     func(s *AccountSettings) { s.Changes[0].Limits[""] = Limits{OutputTokensPerMinute: -1} },
		`sizes: group "": sim: requestsPerMinute is -1`:        func(s *AccountSettings) { s.Sizes = GroupLimits{"": {RequestsPerMinute: -1}} },
		`estimateError is 1.1: must be from 0 to 1`:            func(s *AccountSettings) { s.EstimateError = 1.1 },
		`burstWindow is 1m1s`:                                  func(s *AccountSettings) { s.BurstWindow = 61 * time.Second },
		`acceleration: sim: floor is 0`:                        func(s *AccountSettings) { s.Acceleration.Floor = 0 },
		`factor is NaN`:                                        func(s *AccountSettings) { s.Acceleration.Factor = math.NaN() },
		`period is 500ms: must be from 1s to 1h0m0s`:           func(s *AccountSettings) { s.Acceleration.Period = 500 * time.Millisecond },
		`period is 1.5s: must be in whole seconds`:             func(s *AccountSettings) { s.Acceleration.Period = 1500 * time.Millisecond },
		`tokensPerMinute is -1`:                                func(s *AccountSettings) { s.Limits[""] = Limits{TokensPerMinute: -1} },
		`resetRounding is 4: must be from 0 to 3`:              func(s *AccountSettings) { s.ResetRounding = NoReset + 1 },
		`resetSkew is -10m1s: must be from -10m0s to 10m0s`:    func(s *AccountSettings) { s.ResetSkew = -601 * time.Second },
		`headersMissing is 1.1: must be from 0 to 1`:           func(s *AccountSettings) { s.HeadersMissing = 1.1 },
		`headersFrom is -1ns`:                                  func(s *AccountSettings) { s.HeadersFrom = -1 },
		`limitsTold is NaN: must be from 0.01 to 100`:          func(s *AccountSettings) { s.LimitsTold = math.NaN() },
		`workspaceTold is -1: must be from 0 to 2`:             func(s *AccountSettings) { s.WorkspaceHeaders = -1 },
		`hang is NaN: must be from 0 to 1`:                     func(s *AccountSettings) { s.Hang = math.NaN() },
		`hang and faults together is 1.06`:                     func(s *AccountSettings) { s.Hang = 1 },
		`window is 1m0.5s: must be in whole seconds`:           func(s *AccountSettings) { s.Acceleration.Window = 60500 * time.Millisecond },
		`spentAt is -1ns`:                                      func(s *AccountSettings) { s.SpentAt = -1 },
		`speed of "opus": sim: firstTokenP99 is 1s: must be from 1.1s`: func(s *AccountSettings) {
			s.Speeds["opus"] = Speed{FirstToken: 1100 * time.Millisecond, FirstTokenP99: time.Second}
		},
		`speed of "": sim: tokensPerSecondP1 is 0`:                          func(s *AccountSettings) { s.Speeds[""] = Speed{TokensPerSecond: 50} },
		`faults: sim: midStream is -1`:                                      func(s *AccountSettings) { s.Faults.MidStream = -1 },
		`faults: sim: their sum is 1.5`:                                     func(s *AccountSettings) { s.Faults = Faults{Server: 0.75, Timeout: 0.75} },
		`storms[0]: sim: share is 2`:                                        func(s *AccountSettings) { s.Storms[0].Share = 2 },
		`others[0]: sim: perMinute is +Inf: must be from 0 to 1e+06`:        func(s *AccountSettings) { s.Others[0].PerMinute = math.Inf(1) },
		`others[0]: sim: inputTokens is 6000000: must be from 0 to 5000000`: func(s *AccountSettings) { s.Others[0].InputTokens = 6_000_000 },
	} {
		s := rough(1)
		change(&s)
		if _, err := NewAccount(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Twice as fast: half the times, twice the tokens a second.
func TestSpeedScaled(t *testing.T) {
	got := Speed{time.Second, 5 * time.Second, 10_000, 50, 20}.Scaled(2)
	if want := (Speed{500 * time.Millisecond, 2500 * time.Millisecond, 20_000, 100, 40}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSpeed(t *testing.T) {
	s := Speed{time.Second, 5 * time.Second, 10_000, 50, 20}
	quantiles := func(c Call) (first, rest []time.Duration) {
		for i := range uint64(10_000) {
			f, took := s.Draw(newRand(1, "speed", i), c)
			first, rest = append(first, f), append(rest, took-f)
		}
		slices.Sort(first)
		slices.Sort(rest)
		return first, rest
	}
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if math.Abs(got.Seconds()/want.Seconds()-1) > 0.1 {
			t.Errorf("%s: got %v, want about %v", what, got, want)
		}
	}
	first, rest := quantiles(Call{OutputTokens: 9000, MaxTokens: 1000})
	near("first token, median", first[5000], time.Second)
	near("first token, p99", first[9900], 5*time.Second)
	near("1,000 tokens, median", rest[5000], 20*time.Second)
	near("1,000 tokens, p99", rest[9900], 50*time.Second)
	first, rest = quantiles(Call{InputTokens: 20_000, CacheCreationTokens: 20_000, CacheReadTokens: 100_000})
	near("a long prompt", first[5000], 6*time.Second)
	if rest[9999] != 0 {
		t.Errorf("no tokens took %v", rest[9999])
	}
	if f, took := (Speed{}).Draw(newRand(1, "speed"), Call{InputTokens: 1000, OutputTokens: 1000}); f != 0 || took != 0 {
		t.Errorf("no speed: got %v and %v, want no time", f, took)
	}
}
