package simulate

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"paceline/queue/human"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
)

// announce prints the address of the simulated API, its limits and how to use it.
func (p *process) announce(addr net.Addr, account sim.AccountSettings) {
	f := p.flags
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil { // not a TCP address: nothing we listen on
		return
	}
	base := "http://" + command.ReachableAddr(at).String()
	p.Say("simulated: any key will do, nothing leaves this machine and nothing costs (--seed %d repeats this run)", f.seed)
	p.SayLimits(f.DescribeTier(), account.Limits, account.Groups)
	for _, name := range slices.Sorted(maps.Keys(account.Workspaces)) {
		p.Say("the workspace %s, for keys sk-sim-ORG-%s-…: %s", name, name, command.DescribeLimits(account.Workspaces[name].Of("")))
	}
	for _, change := range account.Changes {
		p.SayLimits(fmt.Sprintf("another tier, from %s on", human.Exact(change.At)), change.Limits, account.Groups)
	}
	if account.BurstWindow > 0 {
		p.Say("no more within %s than its part of the minute allows; no header tells", human.Exact(account.BurstWindow))
	}
	if up := account.Acceleration; up.Period > 0 {
		p.Say("each %s may have %s requests, or %v times those of as long in the %s before; no header tells", human.Exact(up.Period), human.Count(up.Floor), up.Factor, human.Exact(up.Window))
	} else if up.Floor > 0 {
		p.Say("a minute may have %s requests and %v times those of each of the %s before; no header tells", human.Count(up.Floor), up.Factor, human.Exact(up.Window))
	}
	p.announceAnswers()
	p.announceOthers(account.Others)
	p.Say("put a queue in front of it with: %s serve --upstream %s", command.ProgramName(), base)
	p.Say("point an SDK at it with: ANTHROPIC_BASE_URL=%s ANTHROPIC_API_KEY=sk-sim-me-1", base)
	if !at.Addr().Unmap().IsLoopback() {
		p.Say("--insecure: whoever reaches %s can use it", command.DescribeAddr(at))
	}
	p.Say("simulated API at %s", base)
}

// announceOthers prints the other traffic on the account.
func (p *process) announceOthers(others []sim.OtherTraffic) {
	models := map[sim.OtherTraffic][]string{} // by all but the model
	var order []sim.OtherTraffic
	for _, o := range others {
		model := o.Model
		o.Model = ""
		if models[o] == nil {
			order = append(order, o)
		}
		models[o] = append(models[o], model)
	}
	for _, o := range order {
		of := command.List(models[o])
		if len(models[o]) > 1 {
			of = "each of " + strings.Join(models[o], ", ")
		}
		p.Say("others on each account, unseen: %v requests a minute of %s, about %s input and %s output tokens each",
			o.PerMinute, of, human.Count(o.InputTokens), human.Count(o.OutputTokens))
	}
}
