package loadtest

import (
	"context"
	"slices"

	"paceline/client/loadtest"
	"paceline/queue"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// allLoads is the name of the three loads, one after another.
const allLoads = "all"

// Command returns the command that puts a load on a queue and reports.
func Command(a *command.App) *cobra.Command {
	f := flags{customLoad: pflag.NewFlagSet("load", pflag.ContinueOnError)}
	own, remote := command.NewQueueFlags(queue.PaceSpaced), command.NewRemoteFlags() // the published figures are of that pace
	c := &cobra.Command{
		Use:   "loadtest [light|moderate|heavy|all] [URL]",
		Short: "Put a known load on a queue and report how long its users waited",
		Long: `Put a known load on a queue and report how long its users waited.

light is 2 users with 2 messages each, moderate 5 with 3, heavy 10 with 2; all runs the three, one after another. Without a name it is light. All users begin at once, and each sends the next message when the last one is answered. With --rate messages come at their own times, whatever the answers do.

Without a URL it starts a server of its own over a simulated API, without other users, by the published spacing unless --pace says otherwise. A target that does not say that its API is simulated, or has not heard from it yet, may cost money: then nothing is sent without --yes. ANTHROPIC_API_KEY is sent only there, and only to a URL with /v1/messages.

The figures stand beside the published ones and those that the queue's settings, or its account's limits, make one expect. Slow is not failed. What has an answer is not sent again: a 429 that arrives is a failure. Users who give up (--give-up) send the same again before there is one.

Exit code 0: everything was answered well, 1: something failed or the run was stopped, 64: wrong usage.`,
		Example: `# the heavy load on a server of its own
paceline loadtest heavy
# on a queue that runs, streamed
paceline loadtest heavy http://127.0.0.1:3000 --stream
# a load of your own: 20 users, 5 messages each, 2 s to read an answer
paceline loadtest http://127.0.0.1:3000 --users 20 --messages 5 --gap 2s
# users who close the connection after a minute and ask again
paceline loadtest http://127.0.0.1:3000 --users 40 --give-up 60s
# half a message a second for 5 minutes, for a script
paceline loadtest http://127.0.0.1:3000 --rate 0.5 --duration 5m --json`,
		ValidArgs: append(loadtest.Names(), allLoads),
	}
	f.addTo(c)
	c.Flags().AddFlagSet(own.Pace)
	c.Flags().AddFlag(own.Simulation.Lookup("seed"))
	for _, name := range []string{"token", "header"} {
		c.Flags().AddFlag(remote.Set.Lookup(name))
	}
	return command.Bind(c, func(ctx context.Context, args []string) error {
		name, address, err := arguments(c, args)
		if err != nil {
			return err
		}
		plans, err := f.plans(name)
		if err != nil {
			return err
		}
		target, err := f.target()
		if err != nil {
			return err
		}
		if err := checkTarget(address, own, remote); err != nil {
			return err
		}
		t := &process{App: a, plans: plans, target: target, flags: f}
		if address == "" {
			err = t.onOwnServer(ctx, own)
		} else {
			err = t.onServer(ctx, remote, address)
		}
		return err
	}, a.Fail)
}

// arguments returns the name of a load and the address among the arguments.
func arguments(c *cobra.Command, args []string) (name, address string, err error) {
	names := append(loadtest.Names(), allLoads)
	for _, arg := range args {
		switch {
		case slices.Contains(names, arg) && name == "":
			name = arg
		case slices.Contains(names, arg):
			return "", "", command.Usagef("one load at a time: %s and %s were given; all runs the three", name, arg)
		case command.LooksLikeAddress(arg) && address == "":
			address = arg
		case command.LooksLikeAddress(arg):
			return "", "", command.Usagef("one address at a time: 2 were given")
		default:
			return "", "", command.Usagef("%q is neither a load nor an address: try %s %s http://HOST:PORT", arg, c.CommandPath(), command.List(names))
		}
	}
	return name, address, nil
}
