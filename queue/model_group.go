package queue

import (
	"slices"
	"strings"
)

// OtherModels is the group of all models that [ModelGroup] does not know, so that
// inventing names opens no lanes.
const OtherModels = "other"

// ModelGroups are groups of models that share limits: the group of each model, by
// [ModelName]. A name that ends in -x stands for all minor versions. Nil are the published
// groups.
type ModelGroups map[string]string

// publishedGroups follow no rule of names ("Rate limits", platform.claude.com, November
// 2026).
var publishedGroups = ModelGroups{
	"opus-5-5":   "opus-5-5",
	"opus-5":     "opus-5",
	"opus-5-0":   "opus-5",
	"opus-4-8":   "opus-4",
	"opus-4-7":   "opus-4",
	"opus-4-6":   "opus-4",
	"opus-4-5":   "opus-4",
	"sonnet-5-5": "sonnet-5-5",
	"sonnet-5":   "sonnet-5",
	"sonnet-5-0": "sonnet-5",
	"sonnet-4-6": "sonnet-4",
	"sonnet-4-5": "sonnet-4",
	"haiku-5-5":  "haiku-5-5",
	"haiku-4-5":  "haiku-4-5",
	"fable-5":    "fable-5",
	"fable-5-x":  "fable-5",
	"mythos-5":   "mythos-5",
	"mythos-5-x": "mythos-5",
	// The page no longer lists these. Each is assumed to have limits of its own: if
	// two shared some, both lanes would learn it from their answers.
	"opus-4-1":   "opus-4-1",
	"opus-4-0":   "opus-4-0",
	"opus-3":     "opus-3",
	"sonnet-4-0": "sonnet-4-0",
	"sonnet-3-7": "sonnet-3-7",
	"sonnet-3-5": "sonnet-3-5",
	"sonnet-3":   "sonnet-3",
	"haiku-3-5":  "haiku-3-5",
	"haiku-3":    "haiku-3",
}

// ModelGroup returns the published group of a model, see [ModelGroups.Of]. An account's
// answers and the Rate Limits API may differ from it.
func ModelGroup(model string) string { return publishedGroups.Of(model) }

// Of returns the group of models that a model of the Claude API shares its limits with,
// such as opus-4 for Opus 4.5 to 4.8, and [OtherModels] for a model that is in none. The
// fast mode of a model has limits of its own: a name that ends in -fast is in the group
// opus-4-fast.
func (g ModelGroups) Of(model string) string {
	if g == nil {
		g = publishedGroups
	}
	name, fast := CutFast(ModelName(model))
	group, ok := g[name]
	if !ok {
		if i := strings.LastIndexByte(name, '-'); i > 0 && isNumber(name[i+1:]) {
			group, ok = g[name[:i]+"-x"]
		}
	}
	switch {
	case !ok:
		return OtherModels
	case fast:
		return Fast(group)
	default:
		return group
	}
}

// Fast returns the name of the fast mode of a model or of a group of models, which has
// limits of its own. It accepts one that is fast already.
func Fast(name string) string {
	if strings.HasSuffix(name, fastSuffix) {
		return name
	}
	return name + fastSuffix
}

// CutFast cuts the name of a model or of a group into that of its usual speed and whether
// it is fast.
func CutFast(name string) (usual string, fast bool) { return strings.CutSuffix(name, fastSuffix) }

// maxModelName is the longest name of a model that is looked at, in bytes.
const maxModelName = 128

const fastSuffix = "-fast"

// ModelName returns the short name of a model, which is the same for all names of
// it: family first, without claude, vendor, region, date and version of a platform.
// So opus-4-5 is claude-opus-4-5-20251101, anthropic/claude-opus-4.5,
// us.anthropic.claude-opus-4-5-20251101-v1:0, claude-opus-4-5@20251101 and
// claude-opus-4-5[1m]. A name that is not of Claude is returned as it is.
func ModelName(model string) string {
	name := model
	if at := strings.LastIndex(model, "claude-"); len(model) <= maxModelName && (at == 0 || at > 0 && strings.IndexByte("./", model[at-1]) >= 0) {
		name = claudeName(model[at+len("claude-"):])
	}
	switch base, fast := strings.CutSuffix(name, fastSuffix); {
	case base != "opus-4" && base != "sonnet-4": // these are the first of their versions, not the groups
		return name
	case fast:
		return base + "-0" + fastSuffix
	default:
		return base + "-0"
	}
}

// claudeName returns the short name of a model from what follows claude- in it.
func claudeName(name string) string {
	if i := strings.IndexAny(name, "@:["); i >= 0 {
		name = name[:i]
	}
	parts := strings.Split(strings.ReplaceAll(name, ".", "-"), "-")
	fast := false
	for len(parts) > 1 && isSuffix(parts[len(parts)-1]) {
		fast = fast || parts[len(parts)-1] == "fast"
		parts = parts[:len(parts)-1]
	}
	if family := slices.IndexFunc(parts, func(part string) bool { return !isNumber(part) }); family > 0 { // as in 3-5-sonnet
		parts = slices.Concat(parts[family:], parts[:family])
	}
	name = strings.Join(parts, "-")
	if fast {
		name += fastSuffix
	}
	return name
}

// isSuffix reports whether the last part of a name says nothing of the model: the day
// of a snapshot, the version of a platform, or a way to ask.
func isSuffix(part string) bool {
	switch part {
	case "latest", "thinking", "fast":
		return true
	}
	platform, versioned := strings.CutPrefix(part, "v")
	return versioned && isNumber(platform) || len(part) == len("20251101") && isDigits(part)
}

// isNumber reports whether part of a name is a number of a version.
func isNumber(part string) bool { return (len(part) == 1 || len(part) == 2) && isDigits(part) }

func isDigits(part string) bool { return strings.Trim(part, "0123456789") == "" }

// LaneName returns the name of the lane for the requests of an account to a group of
// models, which share one limit.
func LaneName(account, group string) string { return account + "/" + group }

// CutLane cuts a [LaneName] into its account and its group of models. Any other name is
// that of an account, with all models.
func CutLane(name string) (account, group string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return name, OtherModels
}
