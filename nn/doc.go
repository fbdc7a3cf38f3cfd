// Package nn holds neural networks that train small and medium models fast, inside an ordinary Go program.
//
// In five lines, a classifier like any other of this library, which goes into pipelines, cross-validation and search:
//
//	train, test := selection.Split(datasets.Digits(), 0.25, 1)
//	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), nn.MLPClassifier{Hidden: []int{64}, Seed: 1})
//	model, err := pipe.Fit(ctx, train)
//	if err != nil { ... }
//	pred, err := model.Predict(test.X)
//
// MLPClassifier, MLPRegressor, MLPMulti and MLPMultiLabel are fully connected nets; ConvClassifier looks at images, SequenceClassifier reads
// sequences, Autoencoder is a transformer that says rows with few numbers.
//
// # Nets of one's own
//
// A Module says what to do with a value; it is plain data, and the parameters are kept by the Net, under the names of the layers:
//
//	net, err := nn.New(nn.Seq{
//		nn.Conv2D{Out: 16, Kernel: 3, Pad: nn.Same, Act: nn.ReLU}, nn.MaxPool{Size: 2},
//		nn.Flatten{}, nn.Dense{Out: 10},
//	}, []int{28, 28, 1}, 1)
//	trainer, err := nn.NewTrainer(net, nn.Training{Loss: nn.CrossEntropy{}, Optimizer: nn.AdamW{}, Schedule: nn.OneCycle{}})
//	loss, err := trainer.Step(x, y) // x: [64, 28, 28, 1], y: [64] classes
//	out, err := net.Predict(x)      // [64, 10]
//
// Fit runs epochs over a Loader, with a validation set, early stopping, callbacks and a checkpoint file that a run cut off goes on from to the same
// bytes; Trainer.Run is the same as an iterator, for loops of one's own, and Trainer.Learn takes a loss over anything a pass computes.
//
// A Loader makes batches: shuffled, weighted, filled ahead, mixed, of like lengths; Augment gives it flips, crops, colours and noise.
//
// Sequences of unequal lengths are rows filled up with negative codes: with Lengths in front, recurrent layers, attention and GlobalMeanPool look
// at what counts. A Session reads sequences piece by piece, as they are written: it keeps the keys and values of attention and the states of
// recurrent layers, so a text of n places costs n short passes and not n long ones.
//
// # Inference
//
// Freeze makes a trained net ready to answer: batch normalisation is folded into weights, activations are joined to sums, weights are packed, and nothing is
// allocated, on any number of goroutines. Quantize does so with weights of 8 bits, for a file of a quarter and a fraction of the time for one row:
//
//	f, err := net.Freeze()                                                          // or, of a fitted front end, net, err := model.Net() first
//	q, err := net.Quantize(nn.Quantization{Calibration: nn.Entropy}, some)          // some: inputs as they will come
//	small, err := model.Quantize(nn.Quantization{}, nil)                            // a model like any other
//	out, err := f.Predict(x)
//
// Prune sets weights to 0 and keeps them there, PruneUnits makes a net smaller, Distillation teaches a small net what a large one knows.
//
// # Layers, operations and losses of one's own
//
// A layer is a type with a Forward that composes operations of Ctx; gradients come of themselves. An operation is a small type with Shape, Forward
// and Backward, run by Apply; a loss is a type with Rows. GradCheck compares what they say with differences in float64. For memory of the
// host, Floats gives an operation its numbers as slices, in either precision.
//
// # Files
//
// Fitted front ends are saved by ml.Save, quantised or not, a training under way by Snapshot, the weights of a frozen net by Frozen.Weights. ReadSafetensors and WriteSafetensors exchange weights with PyTorch, by
// its names and layouts, which StateDict tells, with a report of what is missing or unexpected:
//
//	report, err := nn.ReadSafetensors(f, net, nn.StateDict{Rename: map[string]string{"0": "conv1", "3": "fc"}})
//
// WriteGo writes a trained net as one Go file without dependencies, for a browser or a small machine.
//
// WriteONNX writes any net of these layers as an ONNX file for ONNX Runtime and others, and ReadONNX makes a net of such a file, or of one that PyTorch
// wrote; a GraphModel of it is saved by ml.Save.
//
// # How it runs
//
// Operations run at once and leave a record. The next pass over inputs of the same shapes meets the same records and writes into the same memory, so
// that training allocates nothing from the second step on (on one core; sharing work among several costs a few small allocations). Images are
// channels-last, sequences batch-first. Numbers are float32; classes and codes are numbers, too. All parameters lie in one slab, gradients and what an
// optimiser keeps in others like it.
//
// # Results
//
// The same seed gives the same bytes for any GOMAXPROCS on one level of CPU: what is summed is cut by shapes, never by cores. Initialisers, optimisers,
// schedules and defaults are PyTorch's unless a comment says otherwise, and checked against it.
package nn
