import "@kubernetes/client-node";
