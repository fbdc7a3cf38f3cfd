// Package ensemble holds what boosting makes small: losses for numbers (Loss), classes (ClassLoss) and ranked lists (RankLoss), with their
// derivatives in portable bits.
package ensemble
