// Package written holds what tree.WriteGo wrote for models of its tests, which compare its answers with the models'. Nothing else imports it.
package written
