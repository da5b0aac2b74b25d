package cli

import (
	"math/rand/v2"
	"strings"
	"unicode"

	"paceline/queue"
	"paceline/queue/sim"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	maxUsers     = 1000      // simulated ones
	maxDrawnSeed = 1_000_000 // short enough to be typed again
)

// queueFlags are those of the commands that have a queue of their own: the demo
// and serve.
type queueFlags struct {
	set      *pflag.FlagSet
	users    int
	scene    string
	seed     uint64
	log      string
	settings queue.Settings
}

// newQueueFlags returns the flags with their defaults.
func newQueueFlags() *queueFlags {
	f := &queueFlags{set: pflag.NewFlagSet("queue", pflag.ContinueOnError), settings: queue.DefaultSettings()}
	s := &f.settings
	f.set.IntVar(&f.users, "users", sim.DefaultUsers, "simulated users, 0 to 1000")
	f.set.StringVar(&f.scene, "scene", "", "play only this scene: "+list(sim.Scenes()))
	f.set.Uint64Var(&f.seed, "seed", 0, "repeat the run that had this seed (default: a new one each time)")
	f.set.StringVar(&f.log, "log", logPretty, "how the log is written: "+list(logFormats()))
	f.set.DurationVar(&s.MinDelay, "min-delay", s.MinDelay, "least time from one start to the next")
	f.set.DurationVar(&s.Step, "step", s.Step, "added to the spacing for each request that waits")
	f.set.DurationVar(&s.MaxDelay, "max-delay", s.MaxDelay, "longest time from one start to the next")
	f.set.IntVar(&s.MaxInFlight, "max-in-flight", s.MaxInFlight, "calls that may run at the same time")
	f.set.DurationVar(&s.MaxRun, "max-run", s.MaxRun, "silence after which a call is given up")
	f.set.IntVar(&s.MaxQueue, "max-queue", s.MaxQueue, "requests that may wait; more are refused")
	f.set.DurationVar(&s.MaxWait, "max-wait", s.MaxWait, "longest wait; who would wait longer is refused")
	f.set.IntVar(&s.Attempts, "attempts", s.Attempts, "how often a request is tried in all")
	return f
}

// addTo gives the flags to a command, with completion.
func (f *queueFlags) addTo(c *cobra.Command) {
	c.Flags().AddFlagSet(f.set)
	complete(c, "scene", sim.Scenes()...)
	complete(c, "log", logFormats()...)
}

// check refuses what makes no sense, and draws a seed if none was given.
func (f *queueFlags) check() error {
	if f.users < 0 || f.users > maxUsers {
		return usagef("--users is %d: must be from 0 to %d", f.users, maxUsers)
	}
	if f.scene != "" {
		if err := oneOf("scene", f.scene, sim.Scenes()...); err != nil {
			return err
		}
	}
	if err := oneOf("log", f.log, logFormats()...); err != nil {
		return err
	}
	if err := f.settings.Validate(); err != nil {
		return settingsError(err)
	}
	if !f.set.Lookup("seed").Changed {
		f.seed = rand.Uint64N(maxDrawnSeed)
	}
	return nil
}

// start returns a queue and the simulated world that uses it. onPanic is told
// what panics in that world; nil ends the process.
func (f *queueFlags) start(observe queue.Option, onPanic func(value any, stack []byte)) (*queue.Queue, *sim.World, error) {
	q, err := queue.New(f.settings, observe, queue.Seed(f.seed))
	if err != nil {
		return nil, nil, settingsError(err)
	}
	world, err := sim.Start(q, sim.Options{Users: f.users, Scene: f.scene, Seed: f.seed, OnPanic: onPanic})
	if err != nil {
		stopQueue(q)
		return nil, nil, usagef("%v", err)
	}
	return q, world, nil
}

// settingsError says what the queue says about its settings, with the names of
// the flags in place of those of the fields.
func settingsError(err error) error {
	var said []string
	for line := range strings.Lines(err.Error()) {
		field, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "queue: "), " ")
		said = append(said, "--"+kebab(field)+" "+rest)
	}
	return usagef("%s", strings.Join(said, "; "))
}

// kebab writes a field's name, minDelay, as a flag's, min-delay.
func kebab(field string) string {
	var b strings.Builder
	for _, c := range field {
		if unicode.IsUpper(c) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// changed returns the name of a flag of the set that was given, or "".
func changed(set *pflag.FlagSet) string {
	name := ""
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			name = f.Name
		}
	})
	return name
}

// complete offers words to the shell for a flag's value.
func complete(c *cobra.Command, flag string, words ...string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist, or has completion already: a slip in this package
	}
}
