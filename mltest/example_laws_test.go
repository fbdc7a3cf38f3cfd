package mltest_test

import "testing"

func TestExampleObeysTheLaws(t *testing.T) { checkBaseline(t) }
