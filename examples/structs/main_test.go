package main

func Example() {
	main()
	// Output: 12 km in snow: late with probability 0.65
}
