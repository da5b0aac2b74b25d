package simulate

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue/sim"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
)

// simulated returns the flags of simulate as they were typed, after the
// environment was asked.
func simulated(t *testing.T, env []string, args ...string) *flags {
	t.Helper()
	f := newFlags()
	c := &cobra.Command{}
	f.addTo(c)
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	a := &command.App{Streams: command.Streams{Err: io.Discard}, Env: env}
	if err := a.FromEnvironment(c.Flags()); err != nil {
		t.Fatal(err)
	}
	return f
}

func accountOf(t *testing.T, env []string, args ...string) sim.AccountSettings {
	t.Helper()
	s, err := simulated(t, env, args...).account()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSimulateWithoutFlags(t *testing.T) {
	got := accountOf(t, nil, "--seed", "7")
	want := sim.DefaultAccountSettings()
	want.Seed, want.LimitsTold, want.Workspaces = 7, 1, map[string]sim.GroupLimits{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v,\nwant %+v", got, want)
	}
}

func TestSimulateFlags(t *testing.T) {
	for _, s := range []struct {
		args string
		get  func(sim.AccountSettings) any
		want any
	}{
		{"--tier tier1", func(s sim.AccountSettings) any { return s.Limits.Of(s.Groups.Of("claude-opus-5")) }, sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8000}},
		{"--tier tier1 --rpm 7", func(s sim.AccountSettings) any { return s.Limits.Of(s.Groups.Of("claude-opus-5")) }, sim.Limits{RequestsPerMinute: 7, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8000}},
		{"--itpm 8 --otpm 0", func(s sim.AccountSettings) any { return s.Limits.Of(s.Groups.Of("claude-fable-5")) }, sim.Limits{RequestsPerMinute: 1000, InputTokensPerMinute: 8}},
		{"--tier tier1 --limit claude-opus-5=10 --limit claude-opus-4-5-20251101=20,30,0", func(s sim.AccountSettings) any {
			return []sim.Limits{s.Limits.Of(s.Groups.Of("claude-opus-5")), s.Limits.Of(s.Groups.Of("claude-opus-5-5")), s.Limits.Of(s.Groups.Of("claude-opus-4-8"))}
		}, []sim.Limits{{RequestsPerMinute: 10, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8000}, {RequestsPerMinute: 50, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8000}, {RequestsPerMinute: 20, InputTokensPerMinute: 30}}},
		{"--limit claude-saga-1=7 --others 3,1,1,claude-saga-1", func(s sim.AccountSettings) any {
			return []any{s.Groups.Has("claude-saga-1"), s.Limits["claude-saga-1"].RequestsPerMinute}
		}, []any{true, 7}},
		{"--workspace lab=2", func(s sim.AccountSettings) any { return s.Workspaces }, map[string]sim.GroupLimits{"lab": {"": {RequestsPerMinute: 2}}}},
		{"--workspace lab=2,30,4 --workspace ops=0", func(s sim.AccountSettings) any { return s.Workspaces },
			map[string]sim.GroupLimits{"lab": {"": {RequestsPerMinute: 2, InputTokensPerMinute: 30, OutputTokensPerMinute: 4}}, "ops": {"": {}}}},
		{"--tier-change 10m=tier2 --rpm 5", func(s sim.AccountSettings) any { return s.Changes },
			[]sim.LimitChange{{At: 10 * time.Minute, Limits: sim.GroupLimits{"": {RequestsPerMinute: 1000}}}}},
		{"--reserve-output --burst-window 1s --spent-at 1h", func(s sim.AccountSettings) any { return []any{s.ReserveOutput, s.BurstWindow, s.SpentAt} },
			[]any{true, time.Second, time.Hour}},
		{"--acceleration 2,50", func(s sim.AccountSettings) any { return s.Acceleration }, sim.Acceleration{Factor: 2, Floor: 50, Window: 5 * time.Minute}},
		{"--overloaded 0.25 --failures 0.5", func(s sim.AccountSettings) any { return s.Faults },
			sim.Faults{Overloaded: 0.25, Server: 0.125, Timeout: 0.125, Connection: 0.125, MidStream: 0.125}},
		{"--storm 5m,1m,0.5 --storm 0s,1s,1", func(s sim.AccountSettings) any { return s.Storms },
			[]sim.Storm{{At: 5 * time.Minute, Length: time.Minute, Share: 0.5}, {Length: time.Second, Share: 1}}},
		{"--others 20,10,5,claude-opus-4-8", func(s sim.AccountSettings) any { return s.Others },
			[]sim.OtherTraffic{{Model: "claude-opus-4-8", PerMinute: 20, InputTokens: 10, OutputTokens: 5}}},
		{"--others 0.5", func(s sim.AccountSettings) any { return []any{len(s.Others), s.Others[2]} },
			[]any{4, sim.OtherTraffic{Model: "claude-haiku-5-5", PerMinute: 0.5, InputTokens: 1000, OutputTokens: 300}}},
		{"--workspace lab=2,30,4,50", func(s sim.AccountSettings) any { return s.Workspaces["lab"].Of("") },
			sim.Limits{RequestsPerMinute: 2, InputTokensPerMinute: 30, OutputTokensPerMinute: 4, TokensPerMinute: 50}},
		{"--acceleration 2,20,10s,1m", func(s sim.AccountSettings) any { return s.Acceleration },
			sim.Acceleration{Factor: 2, Floor: 20, Window: 10 * time.Second, Period: time.Minute}},
		{"--storm 5m,1m,0.5,connection", func(s sim.AccountSettings) any { return s.Storms },
			[]sim.Storm{{At: 5 * time.Minute, Length: time.Minute, Share: 0.5, Connection: true}}},
		{"--hang 0.01 --overloaded 0.99", func(s sim.AccountSettings) any { return s.Hang }, 0.01},
		{"--reset-rounding up", func(s sim.AccountSettings) any { return s.ResetRounding }, sim.RoundUp},
		{"--reset-rounding nearest", func(s sim.AccountSettings) any { return s.ResetRounding }, sim.RoundNearest},
		{"--reset-rounding down --reset-skew -30s", func(s sim.AccountSettings) any { return []any{s.ResetRounding, s.ResetSkew} }, []any{sim.RoundDown, -30 * time.Second}},
		{"--reset-rounding none", func(s sim.AccountSettings) any { return s.ResetRounding }, sim.NoReset},
		{"--limits-told 0.5 --headers-from 20s --no-headers-on-429", func(s sim.AccountSettings) any { return []any{s.LimitsTold, s.HeadersFrom, s.NoHeadersOn429} }, []any{0.5, 20 * time.Second, true}},
		{"--headers-at-end --remaining-down", func(s sim.AccountSettings) any { return []any{s.HeadersAtEnd, s.RemainingDown} }, []any{true, true}},
		{"--headers-missing 0.7 --headers-only-on-429 --no-retry-after", func(s sim.AccountSettings) any {
			return []any{s.HeadersMissing, s.HeadersOnlyOn429, s.NoRetryAfter}
		}, []any{0.7, true, true}},
		{"--workspace-headers scarcest", func(s sim.AccountSettings) any { return s.WorkspaceHeaders }, sim.WorkspaceScarcest},
		{"--workspace-headers tokens", func(s sim.AccountSettings) any { return s.WorkspaceHeaders }, sim.WorkspaceInTokens},
		{"--workspace-headers none", func(s sim.AccountSettings) any { return s.WorkspaceHeaders }, sim.WorkspaceHidden},
		{"--speed 10", func(s sim.AccountSettings) any { return s.Speeds["haiku"] },
			sim.Speed{FirstToken: 45 * time.Millisecond, FirstTokenP99: 200 * time.Millisecond, PromptPerSecond: 600_000, TokensPerSecond: 1500, TokensPerSecondP1: 700}},
	} {
		if got := s.get(accountOf(t, nil, strings.Fields(s.args)...)); !reflect.DeepEqual(got, s.want) {
			t.Errorf("%s: got %+v, want %+v", s.args, got, s.want)
		}
	}
}

func TestSimulateHTTPFlags(t *testing.T) {
	got, err := simulated(t, nil, "--date-skew", "-1m", "--retry-after-date", "--long-answers", "0.1", "--lacking-model", "claude-opus-4-8", "--lacking-model", "claude-haiku-5-5", "--compress").http()
	want := sim.HTTPSettings{DateSkew: -time.Minute, RetryAfterDate: true, LongAnswers: 0.1, LackingModels: []string{"claude-opus-4-8", "claude-haiku-5-5"}, Compress: true}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	_, err = simulated(t, nil, "--lacking-model", "gpt").http()
	if f, ok := err.(*command.Failure); !ok || f.Code != command.ExitUsage || !strings.HasPrefix(err.Error(), `--lacking-model is "gpt": must be a model`) { //nolint:errorlint // it is returned as it is
		t.Errorf("got %v, want a wrong usage", err)
	}
}

func TestSimulateRefuses(t *testing.T) {
	for _, s := range []struct{ args, want string }{
		{"--tier gold", `--tier is "gold": must be start, `},
		{"--rpm -1", "--rpm is -1: must be from 0, for no limit, to 100000000"},
		{"--otpm 100000001", "--otpm is 100000001: must be"},
		{"--burst-window 2m", "--burst-window is 2m0s: must be from 0s, for none, to 1m0s"},
		{"--spent-at -1s", "--spent-at is -1s: must be a time from now on"},
		{"--overloaded 1.5", "--overloaded is 1.5: must be a share from 0 to 1"},
		{"--overloaded NaN", "--overloaded is NaN: must be"},
		{"--failures -0.1", "--failures is -0.1: must be"},
		{"--overloaded 0.7 --failures 0.5", "--overloaded, --failures and --hang are 0.7, 0.5 and 0: must be 1 together, or less"},
		{"--hang 0.7 --failures 0.5", "--overloaded, --failures and --hang are 0, 0.5 and 0.7: must be"},
		{"--hang 2", "--hang is 2: must be a share from 0 to 1"},
		{"--reset-rounding off", `--reset-rounding is "off": must be up, nearest, down or none`},
		{"--workspace-headers all", `--workspace-headers is "all": must be scarcest, tokens or none`},
		{"--reset-skew 11m", "--reset-skew is 11m0s: must be from -10m0s to 10m0s"},
		{"--date-skew -25h", "--date-skew is -25h0m0s: must be from -24h0m0s to 24h0m0s"},
		{"--headers-missing 1.5", "--headers-missing is 1.5: must be a share"},
		{"--headers-missing NaN", "--headers-missing is NaN: must be a share"},
		{"--headers-from -1s", "--headers-from is -1s: must be a time from now on"},
		{"--limits-told 0", "--limits-told is 0: must be from 0.01 to 100"},
		{"--limits-told NaN", "--limits-told is NaN: must be"},
		{"--long-answers 2", "--long-answers is 2: must be a share from 0 to 1"},
		{"--speed 0", "--speed is 0: must be from 0.01 to 1000"},
		{"--speed 2000", "--speed is 2000: must be"},
		{"--log loud", `--log is "loud": must be`},
		{"--limit claude-opus-5", `--limit is "claude-opus-5": must be MODEL=RPM`},
		{"--limit =5", `--limit is "=5": must be`},
		{"--limit a/b=5", `--limit is "a/b=5": must be`},
		{"--limit claude-opus-5=-1", `--limit is "claude-opus-5=-1": must be`},
		{"--limit claude-opus-5=1,2", `--limit is "claude-opus-5=1,2": must be`},
		{"--limit claude-opus-4-8=5 --limit claude-opus-4-7=6", "--limit claude-opus-4-8 and claude-opus-4-7 share their limits: leave one of them out"},
		{"--workspace lab", `--workspace is "lab": must be NAME=RPM`},
		{"--workspace lab=", `--workspace is "lab=": must be`},
		{"--workspace =5", `--workspace is "=5": must be`},
		{"--workspace my-lab=5", `--workspace is "my-lab=5": must be`},
		{"--workspace lab=5,6", `--workspace is "lab=5,6": must be`},
		{"--workspace lab=5,6,7,8,9", `--workspace is "lab=5,6,7,8,9": must be`},
		{"--workspace lab=5 --workspace lab=6", "--workspace lab is there twice"},
		{"--tier-change 10m", `--tier-change is "10m": must be AT=TIER, such as 10m=start; a tier is start, `},
		{"--tier-change -1m=start", `--tier-change is "-1m=start": must be`},
		{"--tier-change 1m=gold", `--tier-change is "1m=gold": must be`},
		{"--acceleration 2", `--acceleration is "2": must be FACTOR,FLOOR`},
		{"--acceleration 2,0", `--acceleration is "2,0": must be`},
		{"--acceleration 2,20,10s", `--acceleration is "2,20,10s": must be FACTOR,FLOOR or FACTOR,FLOOR,WINDOW,PERIOD`},
		{"--acceleration 2,20,10s,2h", `--acceleration is "2,20,10s,2h": must be`},
		{"--acceleration 2,20,1.5s,10s", `--acceleration is "2,20,1.5s,10s": must be`},
		{"--acceleration NaN,1", `--acceleration is "NaN,1": must be`},
		{"--storm 5m,0s,1", `--storm is "5m,0s,1": must be AT,LENGTH,SHARE`},
		{"--storm 5m,1m,0", `--storm is "5m,1m,0": must be`},
		{"--storm 5m,1m,1.1", `--storm is "5m,1m,1.1": must be`},
		{"--storm 5m,1m,1,1", `--storm is "5m,1m,1,1": must be`},
		{"--storm 5m,1m,1,connection,1", `--storm is "5m,1m,1,connection,1": must be`},
		{"--storm=", `--storm is "": must be`},
		{"--others 0", `--others is "0": must be RATE`},
		{"--others Inf", `--others is "Inf": must be`},
		{"--others 20,1000", `--others is "20,1000": must be`},
		{"--others 20,1000,300,gpt", `--others is "20,1000,300,gpt": must be`},
	} {
		_, err := simulated(t, nil, strings.Fields(s.args)...).account()
		if f, ok := err.(*command.Failure); !ok || f.Code != command.ExitUsage || !strings.HasPrefix(err.Error(), s.want) { //nolint:errorlint // it is returned as it is
			t.Errorf("%s: got %v, want %s…, and the exit code of a wrong usage", s.args, err, s.want)
		}
	}
}

// Every flag is a variable, also one that may be repeated and whose values have
// commas.
func TestSimulateEnvironment(t *testing.T) {
	env := []string{"PACELINE_TIER=tier1", "PACELINE_RPM=0", "PACELINE_STORM=5m,1m,0.5  10m,1m,1", "PACELINE_WORKSPACE=lab=2,3,4 ops=5", "PACELINE_SEED=9"}
	s := accountOf(t, env, "--workspace", "typed=1")
	if got, want := s.Limits.Of(s.Groups.Of("claude-opus-5")), (sim.Limits{InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8000}); got != want {
		t.Errorf("got limits %+v, want %+v", got, want)
	}
	if len(s.Storms) != 2 || s.Storms[1].At != 10*time.Minute {
		t.Errorf("got storms %+v, want both", s.Storms)
	}
	if _, typed := s.Workspaces["typed"]; !typed || len(s.Workspaces) != 1 {
		t.Errorf("got workspaces %+v, want what was typed alone", s.Workspaces)
	}
	if s.Seed != 9 {
		t.Errorf("got seed %d, want 9", s.Seed)
	}
}
