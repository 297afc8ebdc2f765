// A worker that only tells the time: browsers slow down the timers of a hidden tab, and not those of a worker.
onmessage = ({ data }) => setInterval(() => postMessage(0), data);
