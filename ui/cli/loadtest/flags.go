package loadtest

import (
	"fmt"
	"io"
	"os"
	"time"

	"paceline/client/loadtest"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	autoRoute           = "auto"
	defaultOpenUsers    = 10               // of an open loop, unless told
	defaultOpenDuration = 30 * time.Second // as above
	maxTimeout          = time.Hour
	maxBody             = 32 << 20 // as the Claude API takes it ("Errors", platform.claude.com)
	maxMaxTokens        = 1_000_000
)

// flags are those of loadtest.
type flags struct {
	customLoad *pflag.FlagSet // what makes a load one's own
	users      int
	messages   int
	gap        time.Duration
	rate       float64
	count      int
	duration   time.Duration
	body       string
	route      string
	stream     bool
	model      string
	maxTokens  int
	timeout    time.Duration
	giveUp     time.Duration
	overlap    time.Duration
	keys       bool
	yes        bool
	json       bool
}

// addTo gives the flags to the command, with completion.
func (f *flags) addTo(c *cobra.Command) {
	f.customLoad.IntVar(&f.users, "users", 1, "a load of your own: how many users")
	f.customLoad.IntVar(&f.messages, "messages", 1, "how many messages each user sends")
	f.customLoad.DurationVar(&f.gap, "gap", 0, "how long a user pauses before the next message")
	f.customLoad.Float64Var(&f.rate, "rate", 0, "messages a second at their own times, instead of one after another")
	f.customLoad.IntVar(&f.count, "count", 0, "with --rate: how many messages in all")
	f.customLoad.DurationVar(&f.duration, "duration", defaultOpenDuration, "with --rate: how long, instead of --count")
	c.Flags().AddFlagSet(f.customLoad)
	set := pflag.NewFlagSet("loadtest", pflag.ContinueOnError)
	set.StringVar(&f.body, "body", "", "a file with the JSON to send; its user is set by the test, what is missing is filled in")
	set.StringVar(&f.route, "route", autoRoute, "which interface to use: "+command.List(routes()))
	set.BoolVar(&f.stream, "stream", false, "ask for streamed answers, and measure the time to the first text")
	set.StringVar(&f.model, "model", loadtest.DefaultModel, "the model to ask, on /v1/messages")
	set.IntVar(&f.maxTokens, "max-tokens", loadtest.DefaultMaxTokens, "the longest answer, on /v1/messages")
	set.DurationVar(&f.timeout, "timeout", loadtest.DefaultTimeout, "how long one message may take, up to 1h")
	set.DurationVar(&f.giveUp, "give-up", 0, "how long a user waits for an answer to begin before it closes the connection and sends the same again at once, such as 60s (default: --timeout)")
	set.DurationVar(&f.overlap, "overlap", 0, "with --give-up: the old connection is closed only so long after the message was sent again")
	set.BoolVar(&f.keys, "idempotency-key", false, "give each message an Idempotency-Key, the same each time that it is sent")
	set.BoolVar(&f.yes, "yes", false, "send to an API that is not simulated, which may cost money")
	set.BoolVar(&f.json, "json", false, "print one JSON object")
	c.Flags().AddFlagSet(set)
	command.Complete(c, "route", routes()...)
}

func routes() []string {
	return []string{autoRoute, string(loadtest.Chat), string(loadtest.Messages)}
}

// checkTarget returns an error for a flag that has no meaning with, or without, an
// address.
func checkTarget(address string, own *command.QueueFlags, remote *command.RemoteFlags) error {
	if flag := own.Changed(); address != "" && flag != "" {
		return command.Usagef("--%s is for a queue of our own: leave it out, or leave the address out", flag)
	}
	if flag := command.ChangedFlag(remote.Set); address == "" && flag != "" {
		return command.Usagef("--%s is for a queue elsewhere: add its address, such as http://127.0.0.1:3000", flag)
	}
	return nil
}

// plans returns the loads to run.
func (f *flags) plans(name string) ([]loadtest.Plan, error) {
	flag := command.ChangedFlag(f.customLoad)
	switch {
	case name != "" && flag != "":
		return nil, command.Usagef("--%s is for a load of your own: leave it out, or leave %s out", flag, name)
	case flag != "":
		plan, err := f.plan()
		return []loadtest.Plan{plan}, err
	case name == allLoads:
		var plans []loadtest.Plan
		for _, name := range loadtest.Names() {
			plan, _ := loadtest.Named(name)
			plans = append(plans, plan)
		}
		return plans, nil
	case name == "":
		name = loadtest.Names()[0]
	}
	plan, _ := loadtest.Named(name)
	return []loadtest.Plan{plan}, nil
}

// plan returns the custom load that the flags describe.
func (f *flags) plan() (loadtest.Plan, error) {
	given := func(name string) bool { return f.customLoad.Lookup(name).Changed }
	p := loadtest.Plan{Users: f.users, Messages: f.messages, Gap: f.gap}
	if given("rate") {
		if flag := firstChanged(given, "messages", "gap"); flag != "" {
			return p, command.Usagef("--%s has no meaning with --rate: messages come at their own times", flag)
		}
		if given("count") && given("duration") {
			return p, command.Usagef("--count and --duration say the same: give one of them")
		}
		if f.rate <= 0 {
			return p, command.Usagef("--rate is %g: must be above 0, such as 0.5 for one message in 2 s", f.rate)
		}
		p = loadtest.Plan{Users: f.users, Rate: f.rate, Arrivals: f.count}
		if !given("count") {
			p.Arrivals = int(max(min(f.rate*f.duration.Seconds(), 1e9), 0))
		}
		if !given("users") {
			p.Users = defaultOpenUsers
		}
	} else if flag := firstChanged(given, "count", "duration"); flag != "" {
		return p, command.Usagef("--%s goes with --rate: add it, or say --messages", flag)
	}
	if err := p.Validate(); err != nil {
		return p, planError(err)
	}
	return p, nil
}

func firstChanged(given func(string) bool, names ...string) string {
	for _, name := range names {
		if given(name) {
			return name
		}
	}
	return ""
}

// planError rewrites the error of a plan with the names of the flags.
func planError(err error) error {
	return command.FlagsError(err, "loadtest", func(field string) (string, bool) {
		return "the number of messages, --count or --rate by --duration,", field == "arrivals"
	})
}

// target returns the target without its address and its header.
func (f *flags) target() (loadtest.Target, error) {
	t := loadtest.Target{Stream: f.stream, Model: f.model, MaxTokens: f.maxTokens, Timeout: f.timeout, GiveUp: f.giveUp, Overlap: f.overlap, IdempotencyKeys: f.keys}
	if err := command.OneOf("route", f.route, routes()...); err != nil {
		return t, err
	}
	switch {
	case f.timeout <= 0 || f.timeout > maxTimeout:
		return t, command.Usagef("--timeout is %v: must be above 0 and at most %v", f.timeout, maxTimeout)
	case f.giveUp < 0 || f.giveUp > f.timeout:
		return t, command.Usagef("--give-up is %v: must be from 0 (never) to --timeout, %v", f.giveUp, f.timeout)
	case f.overlap < 0 || f.overlap > maxTimeout:
		return t, command.Usagef("--overlap is %v: must be from 0 to %v", f.overlap, maxTimeout)
	case f.overlap > 0 && f.giveUp == 0:
		return t, command.Usagef("--overlap goes with --give-up: add it, or leave --overlap out")
	case f.maxTokens < 1 || f.maxTokens > maxMaxTokens:
		return t, command.Usagef("--max-tokens is %d: must be from 1 to %d", f.maxTokens, maxMaxTokens)
	case f.model == "":
		return t, command.Usagef("--model is empty: must be the name of a model, such as %s", loadtest.DefaultModel)
	case f.body == "":
		return t, nil
	}
	body, err := readBounded(f.body)
	if err != nil {
		return t, command.Usagef("--body %s: %v", f.body, err)
	}
	t.Body = body
	if err := t.CheckBody(); err != nil {
		return t, command.Usagef("--body %s is no JSON object: must be what a request would send, such as {\"message\": \"hello\"}", f.body)
	}
	return t, nil
}

// readBounded reads a file of at most maxBody bytes.
func readBounded(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, command.Reason(err)
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, maxBody+1))
	switch {
	case err != nil:
		return nil, command.Reason(err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("larger than %d MiB", maxBody>>20)
	default:
		return body, nil
	}
}
