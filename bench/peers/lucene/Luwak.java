// The Luwak benchmark on Lucene Monitor: one thread, one document at a time, after warm-up.
// java -cp 'LIB/*' Luwak.java QUERIES DOCUMENTS PRESEARCHER ROUNDS
// QUERIES: id TAB query; DOCUMENTS: id TAB text in base64. Prints the matches of the last round as "document TAB query",
// then "# documents a second: N", of the fastest round.

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.util.CharTokenizer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.monitor.MatchingQueries;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MultipassTermFilteredPresearcher;
import org.apache.lucene.monitor.Presearcher;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.queryparser.classic.QueryParser;

public class Luwak {
  static final class Folding extends Analyzer {
    @Override
    protected TokenStreamComponents createComponents(String field) {
      Tokenizer words = CharTokenizer.fromTokenCharPredicate(Character::isLetterOrDigit);
      return new TokenStreamComponents(words, new ASCIIFoldingFilter(new LowerCaseFilter(words)));
    }

    @Override
    protected org.apache.lucene.analysis.TokenStream normalize(
        String field, org.apache.lucene.analysis.TokenStream in) {
      return new ASCIIFoldingFilter(new LowerCaseFilter(in));
    }
  }

  public static void main(String[] args) throws Exception {
    Analyzer analyzer = new Folding();
    Presearcher presearcher =
        args[2].equals("multipass")
            ? new MultipassTermFilteredPresearcher(4)
            : args[2].equals("none") ? Presearcher.NO_FILTERING : new TermFilteredPresearcher();
    try (Monitor monitor = new Monitor(analyzer, presearcher)) {
      List<MonitorQuery> queries = new ArrayList<>();
      for (String line : Files.readAllLines(Path.of(args[0]))) {
        String[] parts = line.split("\t", 2);
        queries.add(new MonitorQuery(parts[0], new QueryParser("text", analyzer).parse(parts[1])));
      }
      monitor.register(queries);
      List<String[]> texts = new ArrayList<>();
      for (String line : Files.readAllLines(Path.of(args[1]))) {
        String[] parts = line.split("\t", 2);
        String text = new String(Base64.getDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        texts.add(new String[] {parts[0], text});
      }
      double best = 0;
      StringBuilder found = new StringBuilder();
      for (int round = 0; round < Integer.parseInt(args[3]); round++) {
        found.setLength(0);
        long start = System.nanoTime();
        for (String[] text : texts) {
          Document document = new Document();
          document.add(new TextField("text", text[1], Field.Store.NO));
          MatchingQueries<QueryMatch> matches = monitor.match(document, QueryMatch.SIMPLE_MATCHER);
          for (QueryMatch match : matches.getMatches()) {
            found.append(text[0]).append('\t').append(match.getQueryId()).append('\n');
          }
        }
        best = Math.max(best, texts.size() * 1e9 / (System.nanoTime() - start));
      }
      System.out.print(found);
      System.out.printf("# documents a second: %.1f%n", best);
    }
  }
}
