"""Ask a trained RAG a question about a text: `python examples/rag_inference.py FOLDER`.

FOLDER is what `hopgym train rag` left, or an old file `best_rag_model.pth`. Without one a small
model is trained for some seconds on a world of few questions, which shows how and no more: what it
answers is a guess.
"""

import sys

import torch

from hopgym.agents.rag.inference import generate_answer, load_rag_model
from hopgym.agents.rag.settings import RagSettings
from hopgym.agents.rag.train import train

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model_path = sys.argv[1] if len(sys.argv) > 1 else "rag_model"
if len(sys.argv) == 1:
    train(
        RagSettings.preset(
            "tiny-cpu",
            dataset_name="world?hops=1&entities=100&train=24&dev=4&test=0",
            num_epochs=1,
            warmup_steps=0,
            output_dir=model_path,
        )
    )

model, tokenizer = load_rag_model(model_path, device)

question = "What is the capital of France?"
context = (
    "France is a country in Western Europe. Its capital city is Paris, which is known for its "
    "iconic Eiffel Tower and world-class art museums like the Louvre."
)

answer = generate_answer(model, tokenizer, question, context, device)
print(f"Question: {question}")
print(f"Answer: {answer}")
