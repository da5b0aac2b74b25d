package queue

import (
	"slices"
	"strings"
)

// OtherModels is the group of all models that are not known.
const OtherModels = "other"

// families are the model families that have limits of their own, November 2026.
var families = []string{"opus", "sonnet", "haiku", "fable"}

// ModelGroup returns what of an account's limits a model of the Claude API shares:
// the models of one family and major version are one group ("Rate limits",
// platform.claude.com), such as opus-4 for all of Opus 4.x. All models that are
// not known are one group, [OtherModels], so that inventing names opens no lanes.
func ModelGroup(model string) string {
	family, version := "", ""
	for part := range strings.SplitSeq(model, "-") {
		if slices.Contains(families, part) {
			family = part
		}
		if version == "" && (len(part) == 1 || len(part) == 2) && strings.Trim(part, "0123456789") == "" {
			version = part
		}
	}
	switch {
	case family == "":
		return OtherModels
	case version == "":
		return family
	default:
		return family + "-" + version
	}
}

// LaneName is what the lane is called of what an account asks a group of models: an
// account and a group share one limit.
func LaneName(account, group string) string { return account + "/" + group }

// CutLane returns whose lane it is that a [LaneName] calls so, and of which group of
// models. Any other name is that of an account and of all models.
func CutLane(name string) (account, group string) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return name, OtherModels
}
