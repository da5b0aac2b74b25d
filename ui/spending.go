package ui

import (
	"fmt"

	"paceline/client"
	"paceline/queue/human"
)

// userCost is what a user's calls cost, since the beginning or the last reset.
func userCost(t *theme, u *client.User) string {
	if u.Usage == nil {
		return t.dash
	}
	return orDash(t, u.Usage.Cost(), human.ShortDollars)
}

// usageWords say what calls used and cost, and of how many the cost is not known.
func usageWords(u *client.Usage) (words []string) {
	if u == nil {
		return nil
	}
	if prompt := u.Prompt(); prompt.Known {
		in := human.ShortCount(prompt.Value) + " tokens in"
		if prompt.Value > 0 {
			in += fmt.Sprintf(" (%.0f%% from the cache)", 100*float64(u.CacheRead.Value)/float64(prompt.Value))
		}
		words = append(words, in)
	}
	words = append(words, known(u.Output, "%s out", human.ShortCount[int64]), known(u.Cost(), "cost %s", human.Dollars))
	if u.Unpriced.Value > 0 {
		words = append(words, "cost unknown of "+human.Plural(u.Unpriced.Value, "call"))
	}
	return words
}

// spentWords say what all calls cost, and of which models the cost is not known; empty where
// nothing was told.
func spentWords(models []client.ModelUsage) string {
	var sum, unpriced int64
	priced, unknown, others := false, "", 0
	for i := range models {
		u := &models[i]
		if cost := u.Cost(); cost.Known {
			sum, priced = sum+cost.Value, true
		}
		if u.Unpriced.Value > 0 {
			if unpriced += u.Unpriced.Value; unknown == "" {
				unknown = clean(u.Model)
			} else {
				others++
			}
		}
	}
	words := ""
	if priced {
		words = human.Dollars(sum) + " spent"
	}
	if unpriced == 0 {
		return words
	}
	if words != "" {
		words += ", "
	}
	words += "unknown for " + human.Plural(unpriced, "call") + " of " + unknown
	if others > 0 {
		words += " and " + human.Plural(others, "other model")
	}
	return words
}
